"""What the OAuth server said when it refused to renew a credential, so that it is not asked at every call."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("""
        ALTER TABLE portal_tokens
            ADD COLUMN refusals integer NOT NULL DEFAULT 0,
            ADD COLUMN refused_kind text NOT NULL DEFAULT '',
            ADD COLUMN refused_code text NOT NULL DEFAULT '',
            ADD COLUMN refused_until timestamptz
    """)


def downgrade() -> None:
    raise RuntimeError("expand/contract only: go forward")
