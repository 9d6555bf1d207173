"""Portals whose events are asked for, and the language a portal's bot speaks first."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("ALTER TABLE portals ADD COLUMN language text NOT NULL DEFAULT ''")
    op.execute("""
        CREATE TABLE fetches (
            portal_id uuid PRIMARY KEY,
            next_offset bigint NOT NULL DEFAULT 0,
            due_at timestamptz NOT NULL,
            lease_until timestamptz,
            fetched_at timestamptz,
            quiet integer NOT NULL DEFAULT 0,
            failures integer NOT NULL DEFAULT 0,
            cause text NOT NULL DEFAULT '',
            ends_at timestamptz
        )
    """)


def downgrade() -> None:
    raise RuntimeError("expand/contract only: go forward")
