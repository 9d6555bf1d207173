"""Plans, portals' plans, reservations, usage."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE billing_plans (
            code text PRIMARY KEY,
            current_version integer NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now()
        )
    """)
    op.execute("""
        CREATE TABLE plan_versions (
            plan_code text NOT NULL REFERENCES billing_plans (code),
            version integer NOT NULL,
            name_ru text NOT NULL,
            name_en text NOT NULL,
            price_minor bigint NOT NULL CHECK (price_minor >= 0),
            currency text NOT NULL,
            limits jsonb NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (plan_code, version)
        )
    """)
    op.execute("""
        CREATE TABLE portal_billing (
            portal_id uuid PRIMARY KEY,
            plan_code text NOT NULL,
            plan_version integer NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            FOREIGN KEY (plan_code, plan_version) REFERENCES plan_versions (plan_code, version)
        )
    """)
    # The narrow table of keys: what makes Reserve and Commit safe to repeat.
    op.execute("""
        CREATE TABLE reservations (
            portal_id uuid NOT NULL,
            key uuid NOT NULL,
            metric text NOT NULL,
            state text NOT NULL CHECK (state IN ('reserved', 'counted', 'released', 'denied')),
            period_start timestamptz NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            expires_at timestamptz NOT NULL,
            PRIMARY KEY (portal_id, key)
        )
    """)
    op.execute("""
        CREATE INDEX reservations_open ON reservations (portal_id, expires_at) WHERE state = 'reserved'
    """)
    op.execute("""
        CREATE TABLE usage_events (
            portal_id uuid NOT NULL,
            id uuid NOT NULL,
            metric text NOT NULL,
            units bigint NOT NULL,
            period_start timestamptz NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (portal_id, id)
        ) PARTITION BY RANGE (id)
    """)
    op.execute("CREATE TABLE usage_events_default PARTITION OF usage_events DEFAULT")
    op.execute("""
        CREATE TABLE usage_counters (
            portal_id uuid NOT NULL,
            metric text NOT NULL,
            period_start timestamptz NOT NULL,
            used bigint NOT NULL DEFAULT 0 CHECK (used >= 0),
            reserved bigint NOT NULL DEFAULT 0 CHECK (reserved >= 0),
            PRIMARY KEY (portal_id, metric, period_start)
        )
    """)


def downgrade() -> None:
    raise RuntimeError("expand/contract only: go forward")
