"""The blackbox's settings, and keys of events found by their age."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE blackbox_settings (
            is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
            retention_days integer NOT NULL,
            max_rows bigint NOT NULL,
            max_body_kb integer NOT NULL,
            enabled boolean NOT NULL,
            auto_prune_on_write boolean NOT NULL,
            target_budget_mb integer NOT NULL
        )
    """)
    # Keys come in the order of time, so block ranges find old ones; a key that is taken pays next to nothing for it.
    op.execute("""
        CREATE INDEX inbox_keys_age ON inbox_keys USING brin (portal_id, id)
        WITH (pages_per_range = 32, autosummarize = on)
    """)


def downgrade() -> None:
    raise RuntimeError("expand/contract only: go forward")
