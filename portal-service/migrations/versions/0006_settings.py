"""What a portal's administrator chooses, the generation of the bot, and the departments within departments."""

from alembic import op

revision = "0006"
down_revision = "0004"


def upgrade() -> None:
    op.execute("""
        ALTER TABLE portals
            ADD COLUMN language text NOT NULL DEFAULT '' CHECK (language IN ('', 'ru', 'en')),
            ADD COLUMN event_mode text NOT NULL DEFAULT 'webhook' CHECK (event_mode IN ('webhook', 'fetch')),
            ADD COLUMN bot_api text NOT NULL DEFAULT 'v2' CHECK (bot_api IN ('v2', 'v1')),
            ADD COLUMN reached_department_ids bigint[] NOT NULL DEFAULT '{}',
            ADD COLUMN departments_read_at timestamptz
    """)
    op.execute("UPDATE portals SET reached_department_ids = department_ids WHERE department_ids <> '{}'")


def downgrade() -> None:
    raise RuntimeError("expand/contract only: go forward")
