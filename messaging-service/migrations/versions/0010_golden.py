"""Questions that are asked again when documents change."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    # `accepted` is what was right, `current` what is answered now, as of `version` of the portal's knowledge.
    op.execute("""
        CREATE TABLE kb_golden (
            portal_id uuid NOT NULL,
            id uuid NOT NULL,
            question text NOT NULL,
            accepted jsonb,
            current jsonb,
            is_changed boolean NOT NULL DEFAULT false,
            version bigint NOT NULL DEFAULT -1,
            asked_at timestamptz,
            created_by bigint NOT NULL,
            created_at timestamptz NOT NULL,
            PRIMARY KEY (portal_id, id)
        )
    """)


def downgrade() -> None:
    raise RuntimeError("expand/contract only: go forward")
