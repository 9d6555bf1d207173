"""Portals, their tokens and access, admin accounts, the change feed."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE portals (
            id uuid PRIMARY KEY,
            member_id text NOT NULL UNIQUE,
            domain text NOT NULL,
            client_endpoint text NOT NULL,
            state text NOT NULL CHECK (state IN ('installing', 'active', 'suspended', 'payment_required',
                                                 'unreachable', 'uninstalled', 'dead')),
            bot_id bigint NOT NULL DEFAULT 0,
            bot_state text NOT NULL DEFAULT 'missing' CHECK (bot_state IN ('missing', 'registered', 'failed')),
            bot_error_code text NOT NULL DEFAULT '',
            access_mode text NOT NULL DEFAULT 'list' CHECK (access_mode IN ('list', 'all', 'departments')),
            department_ids bigint[] NOT NULL DEFAULT '{}',
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            installed_at timestamptz,
            last_proven_alive_at timestamptz,
            purge_asked_at timestamptz
        )
    """)
    op.execute("CREATE INDEX portals_newest ON portals (created_at DESC, id DESC)")
    op.execute("CREATE SEQUENCE token_generation")
    op.execute("""
        CREATE TABLE portal_tokens (
            portal_id uuid NOT NULL REFERENCES portals (id) ON DELETE CASCADE,
            user_id bigint NOT NULL,
            state text NOT NULL DEFAULT 'live' CHECK (state IN ('live', 'dead')),
            access_token bytea NOT NULL,
            refresh_token bytea NOT NULL,
            server_endpoint text NOT NULL,
            generation bigint NOT NULL DEFAULT nextval('token_generation'),
            expires_at timestamptz NOT NULL,
            refresh_lease_until timestamptz,
            updated_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (portal_id, user_id)
        )
    """)
    op.execute("""
        CREATE TABLE portal_application_tokens (
            portal_id uuid NOT NULL REFERENCES portals (id) ON DELETE CASCADE,
            token_hash bytea NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (portal_id, token_hash)
        )
    """)
    op.execute("""
        CREATE TABLE portal_users_access (
            portal_id uuid NOT NULL REFERENCES portals (id) ON DELETE CASCADE,
            user_id bigint NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (portal_id, user_id)
        )
    """)
    op.execute("""
        CREATE TABLE portal_changes (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            portal_id uuid NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now()
        )
    """)
    op.execute("""
        CREATE TABLE admin_users (
            id uuid PRIMARY KEY,
            email text NOT NULL UNIQUE,
            password_hash text NOT NULL,
            role text NOT NULL CHECK (role IN ('owner', 'operator', 'viewer')),
            failed_logins integer NOT NULL DEFAULT 0,
            locked_until timestamptz,
            created_at timestamptz NOT NULL DEFAULT now()
        )
    """)
    op.execute("""
        CREATE TABLE admin_sessions (
            id uuid PRIMARY KEY,
            admin_id uuid NOT NULL REFERENCES admin_users (id) ON DELETE CASCADE,
            refresh_hash bytea NOT NULL UNIQUE,
            created_at timestamptz NOT NULL DEFAULT now(),
            expires_at timestamptz NOT NULL
        )
    """)
    # Kept for good, also when the portal is deleted: it proves the deletion.
    op.execute("""
        CREATE TABLE deletion_reports (
            portal_id uuid NOT NULL,
            asked_at timestamptz NOT NULL,
            context text NOT NULL,
            deleted jsonb NOT NULL,
            reported_at timestamptz NOT NULL,
            signature bytea NOT NULL,
            PRIMARY KEY (portal_id, asked_at, context)
        )
    """)


def downgrade() -> None:
    raise RuntimeError("expand/contract only: go forward")
