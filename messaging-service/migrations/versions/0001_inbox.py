"""The blackbox, events, dialogs, messages, the read model of portals."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE bitrix_inbound_events (
            portal_id uuid NOT NULL,
            id uuid NOT NULL,
            received_at timestamptz NOT NULL,
            stored_at timestamptz NOT NULL DEFAULT now(),
            method text NOT NULL,
            path text NOT NULL,
            domain text NOT NULL,
            member_id text NOT NULL,
            event text NOT NULL,
            dialog_id text NOT NULL,
            user_id bigint NOT NULL,
            content_type text NOT NULL,
            headers jsonb NOT NULL,
            body bytea NOT NULL,
            body_truncated boolean NOT NULL,
            body_sha256 bytea NOT NULL,
            token_hash bytea NOT NULL,
            remote_ip text NOT NULL,
            outcome text NOT NULL,
            reason text NOT NULL,
            PRIMARY KEY (portal_id, id)
        ) PARTITION BY RANGE (id)
    """)
    op.execute("CREATE TABLE bitrix_inbound_events_default PARTITION OF bitrix_inbound_events DEFAULT")
    op.execute("""
        CREATE INDEX inbound_refused ON bitrix_inbound_events (portal_id, member_id, id) WHERE outcome = 'refused'
    """)
    op.execute("""
        CREATE TABLE events (
            portal_id uuid NOT NULL,
            id uuid NOT NULL,
            trace_id uuid NOT NULL,
            type text NOT NULL,
            provider_event text NOT NULL,
            provider_event_id text NOT NULL,
            dialog_id uuid,
            message_id uuid,
            reason text NOT NULL,
            payload jsonb NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (portal_id, id)
        ) PARTITION BY RANGE (id)
    """)
    op.execute("CREATE TABLE events_default PARTITION OF events DEFAULT")
    # A partitioned table cannot be unique without its partition key: what makes an event the same one is kept here.
    op.execute("""
        CREATE TABLE inbox_keys (
            portal_id uuid NOT NULL,
            key text NOT NULL,
            id uuid NOT NULL,
            PRIMARY KEY (portal_id, key)
        )
    """)
    op.execute("""
        CREATE TABLE dialogs (
            portal_id uuid NOT NULL,
            id uuid NOT NULL,
            provider_dialog_id text NOT NULL,
            provider_dialog_id_raw text NOT NULL,
            user_id bigint NOT NULL,
            kind text NOT NULL CHECK (kind IN ('private', 'group')),
            state text NOT NULL DEFAULT 'idle' CHECK (state IN ('idle', 'pending', 'answering')),
            last_message_at timestamptz NOT NULL,
            pending_since timestamptz,
            lease_until timestamptz,
            lease_token uuid,
            greeted_at timestamptz,
            created_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (portal_id, id)
        ) WITH (fillfactor = 80)
    """)
    op.execute(
        "CREATE INDEX dialogs_pending ON dialogs (portal_id, pending_since) WHERE pending_since IS NOT NULL"
    )
    op.execute("""
        CREATE TABLE messages (
            portal_id uuid NOT NULL,
            id uuid NOT NULL,
            dialog_id uuid NOT NULL,
            trace_id uuid NOT NULL,
            provider_message_id bigint NOT NULL,
            direction text NOT NULL CHECK (direction IN ('rx', 'tx')),
            kind text NOT NULL,
            author_id bigint NOT NULL,
            author_departments bigint[] NOT NULL DEFAULT '{}',
            body text NOT NULL,
            state text NOT NULL CHECK (state IN ('pending', 'answering', 'answered', 'ignored', 'sent', 'failed')),
            reason text NOT NULL DEFAULT '',
            reply_to uuid,
            reply_to_provider_id bigint NOT NULL DEFAULT 0,
            position bigint NOT NULL DEFAULT 0,
            part integer NOT NULL DEFAULT 0,
            priority smallint NOT NULL DEFAULT 1,
            handed_at timestamptz,
            steps jsonb NOT NULL DEFAULT '[]',
            created_at timestamptz NOT NULL,
            PRIMARY KEY (portal_id, id)
        ) PARTITION BY RANGE (id)
    """)
    op.execute("CREATE TABLE messages_default PARTITION OF messages DEFAULT")
    op.execute("CREATE INDEX messages_dialog ON messages (portal_id, dialog_id, id)")
    op.execute("""
        CREATE INDEX messages_provider ON messages (portal_id, provider_message_id) WHERE provider_message_id > 0
    """)
    op.execute("""
        CREATE INDEX messages_owed ON messages (portal_id, dialog_id)
        WHERE (direction = 'rx' AND state = 'pending') OR (direction = 'tx' AND handed_at IS NULL)
    """)
    op.execute("""
        CREATE TABLE portals (
            id uuid PRIMARY KEY,
            member_id text NOT NULL UNIQUE,
            domain text NOT NULL,
            state text NOT NULL,
            bot_id bigint NOT NULL,
            token_hashes bytea[] NOT NULL,
            access_mode text NOT NULL,
            user_ids bigint[] NOT NULL,
            department_ids bigint[] NOT NULL
        )
    """)
    op.execute("""
        CREATE TABLE welcomes (
            portal_id uuid NOT NULL,
            user_id bigint NOT NULL,
            message_id uuid NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (portal_id, user_id)
        )
    """)
    op.execute("""
        CREATE TABLE refusals (
            portal_id uuid NOT NULL,
            user_id bigint NOT NULL,
            refused_at timestamptz NOT NULL,
            PRIMARY KEY (portal_id, user_id)
        )
    """)
    op.execute("""
        CREATE TABLE life_cycle_notices (
            portal_id uuid NOT NULL,
            id uuid NOT NULL,
            member_id text NOT NULL,
            event text NOT NULL,
            is_proven boolean NOT NULL,
            clean boolean NOT NULL,
            token_hash bytea NOT NULL,
            access_token bytea NOT NULL,
            refresh_token bytea NOT NULL,
            expires_in integer NOT NULL,
            server_endpoint text NOT NULL,
            remote_ip text NOT NULL,
            attempts integer NOT NULL DEFAULT 0,
            due_at timestamptz NOT NULL,
            PRIMARY KEY (portal_id, id)
        )
    """)
    op.execute("""
        CREATE TABLE second_looks (
            portal_id uuid PRIMARY KEY,
            due_at timestamptz NOT NULL,
            until timestamptz NOT NULL
        )
    """)
    op.execute("""
        CREATE TABLE purges (
            portal_id uuid NOT NULL,
            asked_at timestamptz NOT NULL,
            member_id text NOT NULL,
            done_at timestamptz,
            PRIMARY KEY (portal_id, asked_at)
        )
    """)
    op.execute("CREATE TABLE feed_cursors (feed text PRIMARY KEY, cursor bigint NOT NULL)")


def downgrade() -> None:
    raise RuntimeError("expand/contract only: go forward")
