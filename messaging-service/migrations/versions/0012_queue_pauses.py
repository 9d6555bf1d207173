"""Portals whose part of a queue rests because somebody said so."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE queue_pauses (
            portal_id uuid NOT NULL,
            queue text NOT NULL,
            reason text NOT NULL,
            paused_by text NOT NULL,
            paused_at timestamptz NOT NULL,
            PRIMARY KEY (portal_id, queue)
        )
    """)


def downgrade() -> None:
    raise RuntimeError("expand/contract only: go forward")
