"""Tables of the schema `portal`. The migrations are the truth of the database; these are for statements."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()
_moment = DateTime(timezone=True)

portals = Table(
    "portals",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("member_id", Text, nullable=False),
    Column("domain", Text, nullable=False),
    Column("client_endpoint", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("bot_id", BigInteger, nullable=False),
    Column("bot_state", Text, nullable=False),
    Column("bot_error_code", Text, nullable=False),
    Column("access_mode", Text, nullable=False),
    Column("department_ids", ARRAY(BigInteger), nullable=False),
    Column("created_at", _moment, nullable=False),
    Column("updated_at", _moment, nullable=False),
    Column("installed_at", _moment),
    Column("purge_asked_at", _moment),
    Column("suspended_reason", Text, nullable=False),
    Column("suspended_from", Text, nullable=False),
    Column("last_proven_alive_at", _moment),
    Column("language", Text, nullable=False),
    Column("event_mode", Text, nullable=False),
    Column("bot_api", Text, nullable=False),
    Column("bot_event_mode", Text, nullable=False),
    Column("reached_department_ids", ARRAY(BigInteger), nullable=False),
    Column("departments_read_at", _moment),
    Column("probe_due_at", _moment),
    Column("marketplace_status", Text, nullable=False),
    Column("marketplace_days", Integer),
    Column("marketplace_expired", Boolean, nullable=False),
    Column("marketplace_noted_at", _moment),
)

portal_probes = Table(
    "portal_probes",
    metadata,
    Column("portal_id", Uuid, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("asked_at", _moment, nullable=False),
    Column("echoed_at", _moment),
    Column("cause", Text, nullable=False),
)

portal_alerts = Table(
    "portal_alerts",
    metadata,
    Column("portal_id", Uuid, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("is_failing", Boolean, nullable=False),
    Column("cause", Text, nullable=False),
    Column("since", _moment, nullable=False),
)

portal_tokens = Table(
    "portal_tokens",
    metadata,
    Column("portal_id", Uuid, primary_key=True),
    Column("user_id", BigInteger, primary_key=True),
    Column("state", Text, nullable=False),
    Column("access_token", LargeBinary, nullable=False),
    Column("refresh_token", LargeBinary, nullable=False),
    Column("server_endpoint", Text, nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("expires_at", _moment, nullable=False),
    Column("refresh_lease_until", _moment),
    Column("refusals", Integer, nullable=False),
    Column("refused_kind", Text, nullable=False),
    Column("refused_code", Text, nullable=False),
    Column("refused_until", _moment),
    Column("updated_at", _moment, nullable=False),
)

portal_application_tokens = Table(
    "portal_application_tokens",
    metadata,
    Column("portal_id", Uuid, primary_key=True),
    Column("token_hash", LargeBinary, primary_key=True),
    Column("created_at", _moment, nullable=False),
)

portal_users_access = Table(
    "portal_users_access",
    metadata,
    Column("portal_id", Uuid, primary_key=True),
    Column("user_id", BigInteger, primary_key=True),
    Column("created_at", _moment, nullable=False),
)

portal_changes = Table(
    "portal_changes",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("portal_id", Uuid, nullable=False),
    Column("created_at", _moment, nullable=False),
)

portal_life = Table(
    "portal_life",
    metadata,
    Column("portal_id", Uuid, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("created_at", _moment, nullable=False),
    Column("event", Text, nullable=False),
    Column("before", JSONB, nullable=False),
    Column("after", JSONB, nullable=False),
    Column("trace_id", Text, nullable=False),
)

admin_users = Table(
    "admin_users",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("email", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("must_change_password", Boolean, nullable=False),
    Column("created_at", _moment, nullable=False),
)

admin_sessions = Table(
    "admin_sessions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("admin_id", Uuid, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("created_at", _moment, nullable=False),
    Column("expires_at", _moment, nullable=False),
    Column("renewed_by", Uuid),
    Column("renewed_at", _moment),
)

deletion_reports = Table(
    "deletion_reports",
    metadata,
    Column("portal_id", Uuid, primary_key=True),
    Column("asked_at", _moment, primary_key=True),
    Column("context", Text, primary_key=True),
    Column("deleted", JSONB, nullable=False),
    Column("reported_at", _moment, nullable=False),
    Column("signature", LargeBinary, nullable=False),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("created_at", _moment, nullable=False),
    Column("admin_id", Uuid, nullable=False),
    Column("email", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("portal_id", Uuid),
    Column("before", JSONB, nullable=False),
    Column("after", JSONB, nullable=False),
    Column("remote_ip", Text, nullable=False),
    Column("trace_id", Text, nullable=False),
)
