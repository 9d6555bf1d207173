"""How the bot's events come, as it was last told: until it is what the settings say, both ways are listened to."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute("ALTER TABLE portals ADD COLUMN bot_event_mode text NOT NULL DEFAULT 'webhook'")
    op.execute("UPDATE portals SET bot_event_mode = event_mode")


def downgrade() -> None:
    raise RuntimeError("expand/contract only: go forward")
