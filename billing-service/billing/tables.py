"""Tables of the schema `billing`. The migrations are the truth of the database; these are for statements."""

from sqlalchemy import BigInteger, Column, DateTime, Integer, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()
_moment = DateTime(timezone=True)

billing_plans = Table(
    "billing_plans",
    metadata,
    Column("code", Text, primary_key=True),
    Column("current_version", Integer, nullable=False),
    Column("created_at", _moment, nullable=False),
)

plan_versions = Table(
    "plan_versions",
    metadata,
    Column("plan_code", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("name_ru", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("price_minor", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("limits", JSONB, nullable=False),
    Column("created_at", _moment, nullable=False),
)

portal_billing = Table(
    "portal_billing",
    metadata,
    Column("portal_id", Uuid, primary_key=True),
    Column("plan_code", Text, nullable=False),
    Column("plan_version", Integer, nullable=False),
    Column("created_at", _moment, nullable=False),
)

reservations = Table(
    "reservations",
    metadata,
    Column("portal_id", Uuid, primary_key=True),
    Column("key", Uuid, primary_key=True),
    Column("metric", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("period_start", _moment, nullable=False),
    Column("created_at", _moment, nullable=False),
    Column("expires_at", _moment, nullable=False),
)

usage_events = Table(
    "usage_events",
    metadata,
    Column("portal_id", Uuid, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("metric", Text, nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("period_start", _moment, nullable=False),
    Column("created_at", _moment, nullable=False),
)

usage_counters = Table(
    "usage_counters",
    metadata,
    Column("portal_id", Uuid, primary_key=True),
    Column("metric", Text, primary_key=True),
    Column("period_start", _moment, primary_key=True),
    Column("used", BigInteger, nullable=False),
    Column("reserved", BigInteger, nullable=False),
)
