"""Rows found by their age whoever's they are, for lists of all portals; what went wrong is found at once."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    # Rows come in the order of time, so block ranges find those of a while; a row that is stored pays next to nothing.
    # Each column of a BRIN index serves by itself: a condition on `id` alone is enough. Building one reads a table
    # once and sorts nothing; what arrives meanwhile waits in the gateway's spool.
    _by_age("bitrix_inbound_events", "portal_id, id", pages=64)
    _by_age("events", "portal_id, id", pages=32)
    # Messages change soon after they came, so that later ones take the room of their earlier versions: a range holds
    # several short whiles rather than a long one. A message is also found by the number that its portal gave it,
    # whichever portal that is.
    whiles = "id uuid_minmax_multi_ops (values_per_range = 16)"
    number = "provider_message_id int8_bloom_ops (n_distinct_per_range = 1500)"
    _by_age("messages", f"portal_id, {whiles}, {number}", pages=32)
    # Of these ingest stores few or none.
    op.execute("CREATE INDEX messages_failed ON messages (portal_id, id) WHERE state = 'failed'")
    op.execute("""
        CREATE INDEX events_unusual ON events (portal_id, id)
        WHERE type IN ('refused', 'send_err', 'error', 'life_cycle')
    """)
    op.execute("""
        CREATE INDEX inbound_unusual ON bitrix_inbound_events (portal_id, id)
        WHERE outcome IN ('duplicate', 'unparsable', 'error')
    """)
    # How a reply ended is told when it has, hours after its question perhaps.
    op.execute("CREATE INDEX events_ended ON events (portal_id, trace_id) WHERE type IN ('send_ok', 'send_err')")


def _by_age(table: str, columns: str, pages: int) -> None:
    op.execute(f"""
        CREATE INDEX {table}_age ON {table} USING brin ({columns})
        WITH (pages_per_range = {pages}, autosummarize = on)
    """)


def downgrade() -> None:
    raise RuntimeError("expand/contract only: go forward")
