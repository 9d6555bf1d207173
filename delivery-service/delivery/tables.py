"""Tables of the schema `delivery`. The migrations are the truth of the database; these are for statements."""

from sqlalchemy import BigInteger, Column, DateTime, Integer, MetaData, SmallInteger, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()
_moment = DateTime(timezone=True)

outbox = Table(
    "outbox",
    metadata,
    Column("portal_id", Uuid, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("dialog_id", Uuid, nullable=False),
    Column("provider_dialog_id", Text, nullable=False),
    Column("part", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("buttons", JSONB, nullable=False),
    Column("reply_to_provider_id", BigInteger, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", _moment, nullable=False),
    Column("lease_token", Uuid),
    Column("cause", Text, nullable=False),
    Column("next_step", Text, nullable=False),
    Column("provider_message_id", BigInteger, nullable=False),
    Column("uuid", Text, nullable=False),
    Column("unknown_since", _moment),
    Column("trace_id", Text, nullable=False),
    Column("created_at", _moment, nullable=False),
    Column("sent_at", _moment),
)

delivery_attempts = Table(
    "delivery_attempts",
    metadata,
    Column("portal_id", Uuid, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("outbox_id", Uuid, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("code", Text, nullable=False),
    Column("latency_ms", Integer, nullable=False),
    Column("wait_ms", Integer, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("created_at", _moment, nullable=False),
)

lanes = Table(
    "lanes",
    metadata,
    Column("portal_id", Uuid, primary_key=True),
    Column("due_at", _moment),
    Column("parked_until", _moment),
    Column("lease_until", _moment),
    Column("lease_token", Uuid),
    Column("limited_since", _moment),
    Column("credit_ms", Integer, nullable=False),
    Column("blocked", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("next_step", Text, nullable=False),
)

outcomes = Table(
    "outcomes",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("portal_id", Uuid, nullable=False),
    Column("message_id", Uuid, nullable=False),
    Column("dialog_id", Uuid, nullable=False),
    Column("state", Text, nullable=False),
    Column("provider_message_id", BigInteger, nullable=False),
    Column("cause", Text, nullable=False),
    Column("trace_id", Text, nullable=False),
    Column("created_at", _moment, nullable=False),
)
