"""How much portals' people write, by the hour, so that unusual silence is seen; which probe a test event echoes."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("ALTER TABLE life_cycle_notices ADD COLUMN probe text NOT NULL DEFAULT ''")
    op.execute("""
        CREATE TABLE traffic (
            portal_id uuid PRIMARY KEY,
            due_at timestamptz NOT NULL,
            counted_until timestamptz,
            told_until timestamptz,
            is_silent boolean NOT NULL DEFAULT false
        )
    """)
    op.execute("""
        CREATE TABLE traffic_hours (
            portal_id uuid NOT NULL,
            hour timestamptz NOT NULL,
            messages integer NOT NULL,
            PRIMARY KEY (portal_id, hour)
        )
    """)


def downgrade() -> None:
    raise RuntimeError("expand/contract only: go forward")
