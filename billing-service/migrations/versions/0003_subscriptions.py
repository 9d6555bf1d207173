"""What portals are on and why, what they are told, what models cost; counters by day."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("""
        ALTER TABLE plan_versions
            ADD COLUMN period text NOT NULL DEFAULT 'month' CHECK (period IN ('month', 'year')),
            ADD COLUMN features text[] NOT NULL DEFAULT '{llm,citations,analytics}',
            ADD COLUMN soft_limits text[] NOT NULL DEFAULT '{}',
            ADD COLUMN trial_days integer NOT NULL DEFAULT 0 CHECK (trial_days >= 0),
            ADD COLUMN grace_days integer NOT NULL DEFAULT 14 CHECK (grace_days >= 0)
    """)
    op.execute("""
        ALTER TABLE portal_billing
            ADD COLUMN status text NOT NULL DEFAULT 'active',
            ADD COLUMN anchor_day smallint NOT NULL DEFAULT 1,
            ADD COLUMN time_zone text NOT NULL DEFAULT 'UTC',
            ADD COLUMN next_plan_code text,
            ADD COLUMN next_plan_version integer,
            ADD COLUMN next_plan_at timestamptz,
            ADD COLUMN trial_ends_at timestamptz,
            ADD COLUMN paid_until timestamptz,
            ADD COLUMN suspended_at timestamptz,
            ADD COLUMN suspended_reason text NOT NULL DEFAULT '',
            ADD COLUMN canceled_at timestamptz,
            ADD COLUMN marketplace_status text NOT NULL DEFAULT '',
            ADD COLUMN marketplace_days integer,
            ADD COLUMN marketplace_expired_at timestamptz,
            ADD COLUMN marketplace_noted_at timestamptz,
            ADD COLUMN period_start timestamptz,
            ADD COLUMN period_end timestamptz
    """)
    op.execute("""
        CREATE TABLE portal_billing_log (
            portal_id uuid NOT NULL,
            id uuid NOT NULL,
            plan_code text NOT NULL,
            plan_version integer NOT NULL,
            status text NOT NULL,
            reason text NOT NULL,
            created_at timestamptz NOT NULL,
            PRIMARY KEY (portal_id, id)
        )
    """)
    op.execute("""
        CREATE TABLE limit_overrides (
            portal_id uuid NOT NULL,
            name text NOT NULL,
            value bigint NOT NULL CHECK (value >= 0),
            reason text NOT NULL,
            expires_at timestamptz,
            created_at timestamptz NOT NULL,
            PRIMARY KEY (portal_id, name)
        )
    """)
    op.execute("""
        ALTER TABLE reservations
            ADD COLUMN units bigint NOT NULL DEFAULT 1,
            ADD COLUMN channel text NOT NULL DEFAULT 'messenger',
            ADD COLUMN denied_by text NOT NULL DEFAULT ''
    """)
    op.execute("ALTER TABLE usage_events ADD COLUMN channel text NOT NULL DEFAULT 'messenger'")
    op.execute("ALTER TABLE usage_counters ADD COLUMN is_fresh boolean NOT NULL DEFAULT true")
    # What the alerts have not looked at yet; a counter that is fresh already stays out of the index's way.
    op.execute("CREATE INDEX usage_counters_fresh ON usage_counters (portal_id) WHERE is_fresh")
    op.execute("""
        CREATE TABLE usage_days (
            portal_id uuid NOT NULL,
            metric text NOT NULL,
            day date NOT NULL,
            units bigint NOT NULL,
            PRIMARY KEY (portal_id, metric, day)
        )
    """)
    op.execute("""
        INSERT INTO usage_days (portal_id, metric, day, units)
        SELECT portal_id, metric, CAST(created_at AT TIME ZONE 'UTC' AS date), sum(units)
        FROM usage_events GROUP BY 1, 2, 3
        UNION ALL
        SELECT portal_id, 'llm_tokens_per_month', CAST(created_at AT TIME ZONE 'UTC' AS date),
               sum(prompt_tokens + completion_tokens)
        FROM model_uses GROUP BY 1, 3
    """)
    op.execute("""
        ALTER TABLE model_uses
            ADD COLUMN cost_micro bigint,
            ADD COLUMN currency text NOT NULL DEFAULT ''
    """)
    op.execute("""
        CREATE TABLE model_prices (
            model text NOT NULL,
            valid_from timestamptz NOT NULL,
            prompt_minor bigint NOT NULL CHECK (prompt_minor >= 0),
            completion_minor bigint NOT NULL CHECK (completion_minor >= 0),
            currency text NOT NULL,
            PRIMARY KEY (model, valid_from)
        )
    """)
    op.execute("""
        CREATE TABLE limit_alerts (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            portal_id uuid NOT NULL,
            metric text NOT NULL,
            threshold smallint NOT NULL,
            used bigint NOT NULL,
            most bigint NOT NULL,
            period_start timestamptz NOT NULL,
            resets_at timestamptz NOT NULL,
            created_at timestamptz NOT NULL
        )
    """)
    op.execute("CREATE INDEX limit_alerts_of_portal ON limit_alerts (portal_id, metric, period_start)")
    op.execute("""
        CREATE TABLE usage_drifts (
            portal_id uuid NOT NULL,
            metric text NOT NULL,
            period_start timestamptz NOT NULL,
            counter bigint NOT NULL,
            events bigint NOT NULL,
            found_at timestamptz NOT NULL,
            PRIMARY KEY (portal_id, metric, period_start)
        )
    """)
    op.execute("CREATE TABLE handled_requests (id uuid PRIMARY KEY, created_at timestamptz NOT NULL)")


def downgrade() -> None:
    raise RuntimeError("expand/contract only: go forward")
