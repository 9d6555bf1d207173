"""The outbox, its lanes and attempts, the feed of outcomes."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE outbox (
            portal_id uuid NOT NULL,
            id uuid NOT NULL,
            seq bigint GENERATED ALWAYS AS IDENTITY,
            dialog_id uuid NOT NULL,
            provider_dialog_id text NOT NULL,
            part integer NOT NULL,
            body text NOT NULL,
            reply_to_provider_id bigint NOT NULL DEFAULT 0,
            priority smallint NOT NULL,
            state text NOT NULL DEFAULT 'created'
                CHECK (state IN ('created', 'sending', 'unknown', 'retry', 'sent', 'dead')),
            attempts integer NOT NULL DEFAULT 0,
            due_at timestamptz NOT NULL DEFAULT now(),
            lease_token uuid,
            cause text NOT NULL DEFAULT '',
            next_step text NOT NULL DEFAULT '',
            provider_message_id bigint NOT NULL DEFAULT 0,
            uuid text NOT NULL,
            unknown_since timestamptz,
            trace_id text NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            sent_at timestamptz,
            PRIMARY KEY (portal_id, id)
        )
    """)
    op.execute("""
        CREATE INDEX outbox_open ON outbox (portal_id, seq)
        WHERE state IN ('created', 'sending', 'unknown', 'retry')
    """)
    op.execute("""
        CREATE TABLE delivery_attempts (
            portal_id uuid NOT NULL,
            id uuid NOT NULL,
            outbox_id uuid NOT NULL,
            outcome text NOT NULL,
            status integer NOT NULL,
            code text NOT NULL,
            latency_ms integer NOT NULL,
            wait_ms integer NOT NULL,
            created_at timestamptz NOT NULL,
            PRIMARY KEY (portal_id, id)
        ) PARTITION BY RANGE (id)
    """)
    op.execute("CREATE INDEX delivery_attempts_item ON delivery_attempts (portal_id, outbox_id)")
    op.execute("CREATE TABLE delivery_attempts_default PARTITION OF delivery_attempts DEFAULT")
    op.execute("""
        CREATE TABLE lanes (
            portal_id uuid PRIMARY KEY,
            due_at timestamptz,
            parked_until timestamptz,
            lease_until timestamptz,
            lease_token uuid,
            limited_since timestamptz,
            blocked text NOT NULL DEFAULT '',
            cause text NOT NULL DEFAULT '',
            next_step text NOT NULL DEFAULT ''
        )
    """)
    op.execute("CREATE INDEX lanes_due ON lanes (portal_id, due_at) WHERE due_at IS NOT NULL")
    op.execute("""
        CREATE TABLE outcomes (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            portal_id uuid NOT NULL,
            message_id uuid NOT NULL,
            dialog_id uuid NOT NULL,
            state text NOT NULL,
            provider_message_id bigint NOT NULL,
            cause text NOT NULL,
            trace_id text NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now()
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
