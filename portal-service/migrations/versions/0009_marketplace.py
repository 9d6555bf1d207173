"""What app.info said of a portal's subscription last (contract 8)."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute("""
        ALTER TABLE portals
            ADD COLUMN marketplace_status text NOT NULL DEFAULT '',
            ADD COLUMN marketplace_days integer,
            ADD COLUMN marketplace_expired boolean NOT NULL DEFAULT false,
            ADD COLUMN marketplace_noted_at timestamptz
    """)


def downgrade() -> None:
    raise RuntimeError("expand/contract only: go forward")
