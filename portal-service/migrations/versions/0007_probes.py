"""Proof that events of portals arrive, and what is wrong with portals until it is over."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute("ALTER TABLE portals ADD COLUMN probe_due_at timestamptz")
    op.execute("CREATE INDEX portals_probe_due ON portals (probe_due_at) WHERE state = 'active'")
    op.execute("""
        CREATE TABLE portal_probes (
            portal_id uuid NOT NULL REFERENCES portals (id) ON DELETE CASCADE,
            id uuid NOT NULL,
            asked_at timestamptz NOT NULL,
            echoed_at timestamptz,
            cause text NOT NULL,
            PRIMARY KEY (portal_id, id)
        )
    """)
    op.execute("""
        CREATE INDEX portal_probes_waiting ON portal_probes (portal_id, asked_at)
        WHERE echoed_at IS NULL AND cause = ''
    """)
    op.execute("""
        CREATE TABLE portal_alerts (
            portal_id uuid NOT NULL REFERENCES portals (id) ON DELETE CASCADE,
            name text NOT NULL,
            is_failing boolean NOT NULL,
            cause text NOT NULL,
            since timestamptz NOT NULL,
            PRIMARY KEY (portal_id, name)
        )
    """)


def downgrade() -> None:
    raise RuntimeError("expand/contract only: go forward")
