"""What models were asked for, call by call."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE model_uses (
            portal_id uuid NOT NULL,
            id uuid NOT NULL,
            model text NOT NULL,
            prompt_tokens bigint NOT NULL CHECK (prompt_tokens >= 0),
            completion_tokens bigint NOT NULL CHECK (completion_tokens >= 0),
            message_id uuid,
            period_start timestamptz NOT NULL,
            created_at timestamptz NOT NULL,
            PRIMARY KEY (portal_id, id)
        ) PARTITION BY RANGE (id)
    """)
    op.execute("CREATE TABLE model_uses_default PARTITION OF model_uses DEFAULT")


def downgrade() -> None:
    raise RuntimeError("expand/contract only: go forward")
