"""Tables of the schema `messaging`. The migrations are the truth of the database; these are for statements."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = MetaData()
_moment = DateTime(timezone=True)

bitrix_inbound_events = Table(
    "bitrix_inbound_events",
    metadata,
    Column("portal_id", Uuid, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("received_at", _moment, nullable=False),
    Column("stored_at", _moment, nullable=False),
    Column("method", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("domain", Text, nullable=False),
    Column("member_id", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("dialog_id", Text, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("body_truncated", Boolean, nullable=False),
    Column("body_sha256", LargeBinary, nullable=False),
    Column("token_hash", LargeBinary, nullable=False),
    Column("remote_ip", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reason", Text, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("portal_id", Uuid, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("trace_id", Uuid, nullable=False),
    Column("type", Text, nullable=False),
    Column("provider_event", Text, nullable=False),
    Column("provider_event_id", Text, nullable=False),
    Column("dialog_id", Uuid),
    Column("message_id", Uuid),
    Column("reason", Text, nullable=False),
    Column("payload", JSONB, nullable=False),
    Column("created_at", _moment, nullable=False),
)

dialogs = Table(
    "dialogs",
    metadata,
    Column("portal_id", Uuid, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("provider_dialog_id", Text, nullable=False),
    Column("provider_dialog_id_raw", Text, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("last_message_at", _moment, nullable=False),
    Column("pending_since", _moment),
    Column("lease_until", _moment),
    Column("lease_token", Uuid),
    Column("greeted_at", _moment),
    Column("created_at", _moment, nullable=False),
)

messages = Table(
    "messages",
    metadata,
    Column("portal_id", Uuid, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("dialog_id", Uuid, nullable=False),
    Column("trace_id", Uuid, nullable=False),
    Column("provider_message_id", BigInteger, nullable=False),
    Column("direction", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("author_id", BigInteger, nullable=False),
    Column("author_departments", ARRAY(BigInteger), nullable=False),
    Column("body", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("reply_to", Uuid),
    Column("reply_to_provider_id", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("part", Integer, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("handed_at", _moment),
    Column("steps", JSONB, nullable=False),
    Column("buttons", JSONB, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("created_at", _moment, nullable=False),
)

portals = Table(
    "portals",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("member_id", Text, nullable=False),
    Column("domain", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("bot_id", BigInteger, nullable=False),
    Column("token_hashes", ARRAY(LargeBinary), nullable=False),
    Column("access_mode", Text, nullable=False),
    Column("admin_user_ids", ARRAY(BigInteger), nullable=False),
    Column("user_ids", ARRAY(BigInteger), nullable=False),
    Column("department_ids", ARRAY(BigInteger), nullable=False),
    Column("language", Text, nullable=False),
)

fetches = Table(
    "fetches",
    metadata,
    Column("portal_id", Uuid, primary_key=True),
    Column("next_offset", BigInteger, nullable=False),
    Column("due_at", _moment, nullable=False),
    Column("lease_until", _moment),
    Column("fetched_at", _moment),
    Column("quiet", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("cause", Text, nullable=False),
    Column("ends_at", _moment),
)

welcomes = Table(
    "welcomes",
    metadata,
    Column("portal_id", Uuid, primary_key=True),
    Column("user_id", BigInteger, primary_key=True),
    Column("message_id", Uuid, nullable=False),
    Column("created_at", _moment, nullable=False),
)
