"""Who was told of a limit when, and who of a portal may be told of its usage."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE limit_notices (
            portal_id uuid NOT NULL,
            user_id bigint NOT NULL,
            told_at timestamptz NOT NULL,
            PRIMARY KEY (portal_id, user_id)
        )
    """)
    op.execute("ALTER TABLE portals ADD COLUMN admin_user_ids bigint[] NOT NULL DEFAULT '{}'")


def downgrade() -> None:
    raise RuntimeError("expand/contract only: go forward")
