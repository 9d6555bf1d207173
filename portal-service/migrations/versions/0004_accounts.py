"""Accounts that can be disabled and must change their password, and refresh tokens that count their use."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    # The release before names neither column it loses here; failures are counted in Redis.
    op.execute("""
        ALTER TABLE admin_users
            DROP COLUMN failed_logins,
            DROP COLUMN locked_until,
            ADD COLUMN disabled boolean NOT NULL DEFAULT false,
            ADD COLUMN must_change_password boolean NOT NULL DEFAULT false
    """)
    # refresh_hash is of the release before, which still fills it; whoever signed in with it signs in once more.
    op.execute("""
        ALTER TABLE admin_sessions
            ADD COLUMN generation integer NOT NULL DEFAULT 0,
            ALTER COLUMN refresh_hash DROP NOT NULL
    """)
    op.execute("CREATE INDEX admin_sessions_admin ON admin_sessions (admin_id)")
    op.execute("CREATE INDEX audit_log_admin ON audit_log (admin_id, id DESC)")


def downgrade() -> None:
    raise RuntimeError("expand/contract only: go forward")
