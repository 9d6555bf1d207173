"""What lanes have used of their places, which request an attempt was part of, and dead letters found at once."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("ALTER TABLE lanes ADD COLUMN credit_ms integer NOT NULL DEFAULT 0")
    op.execute("ALTER TABLE delivery_attempts ADD COLUMN request_id text NOT NULL DEFAULT ''")
    op.execute("CREATE INDEX outbox_dead ON outbox (portal_id, id) WHERE state = 'dead'")


def downgrade() -> None:
    raise RuntimeError("expand/contract only: go forward")
