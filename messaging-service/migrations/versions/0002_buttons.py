"""Buttons under the bot's messages."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("ALTER TABLE messages ADD COLUMN buttons jsonb NOT NULL DEFAULT '[]'")


def downgrade() -> None:
    raise RuntimeError("expand/contract only: go forward")
