"""What the vendor's staff changes, and why a portal is suspended."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("""
        ALTER TABLE portals
            ADD COLUMN suspended_reason text NOT NULL DEFAULT '',
            ADD COLUMN suspended_from text NOT NULL DEFAULT ''
    """)
    # Kept when the admin or the portal is gone: no foreign keys.
    op.execute("""
        CREATE TABLE audit_log (
            id uuid PRIMARY KEY,
            created_at timestamptz NOT NULL,
            admin_id uuid NOT NULL,
            email text NOT NULL,
            action text NOT NULL,
            portal_id uuid,
            before jsonb NOT NULL,
            after jsonb NOT NULL,
            remote_ip text NOT NULL,
            trace_id text NOT NULL
        )
    """)
    op.execute("CREATE INDEX audit_log_portal ON audit_log (portal_id, id DESC)")


def downgrade() -> None:
    raise RuntimeError("expand/contract only: go forward")
