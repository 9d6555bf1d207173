"""Questions that change before they are answered."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("ALTER TABLE messages ADD COLUMN revision integer NOT NULL DEFAULT 0")


def downgrade() -> None:
    raise RuntimeError("expand/contract only: go forward")
