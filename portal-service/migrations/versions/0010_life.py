"""What a portal went through: installed, renamed, suspended, removed."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE portal_life (
            portal_id uuid NOT NULL REFERENCES portals (id) ON DELETE CASCADE,
            id uuid NOT NULL,
            created_at timestamptz NOT NULL,
            event text NOT NULL,
            before jsonb NOT NULL,
            after jsonb NOT NULL,
            trace_id text NOT NULL,
            PRIMARY KEY (portal_id, id)
        )
    """)


def downgrade() -> None:
    raise RuntimeError("expand/contract only: go forward")
