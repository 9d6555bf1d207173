"""Which request renewed a session of the staff, so that its repeat is known for one."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute("ALTER TABLE admin_sessions ADD COLUMN renewed_by uuid, ADD COLUMN renewed_at timestamptz")


def downgrade() -> None:
    raise RuntimeError("expand/contract only: go forward")
