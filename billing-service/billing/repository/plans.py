"""Statements on plans and their versions, which never change."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from billing.domain import Plan
from kit.db import sql

COLUMNS = """
    v.plan_code, v.version, v.name_ru, v.name_en, v.price_minor, v.currency, v.limits, v.period, v.features,
    v.soft_limits, v.trial_days, v.grace_days
"""


def plan_of(row: Any) -> Plan:
    """Return the plan of a row with COLUMNS."""
    return Plan(
        code=row.plan_code,
        version=row.version,
        name_ru=row.name_ru,
        name_en=row.name_en,
        price_minor=row.price_minor,
        currency=row.currency,
        limits=row.limits,
        period=row.period,
        features=frozenset(row.features),
        soft_limits=frozenset(row.soft_limits),
        trial_days=row.trial_days,
        grace_days=row.grace_days,
    )


async def create_if_absent(conn: AsyncConnection, plan: Plan, now: datetime) -> bool:
    """Create a plan unless its code exists. Returns whether it is new."""
    result = await conn.execute(
        sql("""
            INSERT INTO billing_plans (code, current_version, created_at) VALUES (:code, :version, :now)
            ON CONFLICT DO NOTHING
        """),
        {"code": plan.code, "version": plan.version, "now": now},
    )
    return result.rowcount == 1


async def lock_version(conn: AsyncConnection, code: str) -> int | None:
    """Lock a plan and return its current version, None where there is no such plan."""
    version: int | None = await conn.scalar(
        sql("SELECT current_version FROM billing_plans WHERE code = :code FOR UPDATE"), {"code": code}
    )
    return version


async def set_current(conn: AsyncConnection, code: str, version: int) -> None:
    """Have a version be the one that portals are put on from now on."""
    await conn.execute(
        sql("UPDATE billing_plans SET current_version = :version WHERE code = :code"),
        {"code": code, "version": version},
    )


async def add_version(conn: AsyncConnection, plan: Plan, now: datetime) -> None:
    """Store an immutable version of a plan."""
    await conn.execute(
        sql("""
            INSERT INTO plan_versions (plan_code, version, name_ru, name_en, price_minor, currency, limits, period,
                                       features, soft_limits, trial_days, grace_days, created_at)
            VALUES (:code, :version, :name_ru, :name_en, :price_minor, :currency,
                    (SELECT coalesce(jsonb_object_agg(name, value), '{}') FROM unnest(
                        CAST(:limit_names AS text[]), CAST(:limit_values AS bigint[])
                     ) AS one (name, value)),
                    :period, :features, :soft_limits, :trial_days, :grace_days, :now)
        """),
        {
            "code": plan.code,
            "version": plan.version,
            "name_ru": plan.name_ru,
            "name_en": plan.name_en,
            "price_minor": plan.price_minor,
            "currency": plan.currency,
            "limit_names": list(plan.limits),
            "limit_values": list(plan.limits.values()),
            "period": plan.period,
            "features": sorted(plan.features),
            "soft_limits": sorted(plan.soft_limits),
            "trial_days": plan.trial_days,
            "grace_days": plan.grace_days,
            "now": now,
        },
    )


async def current(conn: AsyncConnection, code: str = "") -> list[Plan]:
    """Return every plan, or the one with this code, in its current version, by code."""
    rows = await conn.execute(
        sql(f"""
            SELECT {COLUMNS} FROM billing_plans AS p
            JOIN plan_versions AS v ON v.plan_code = p.code AND v.version = p.current_version
            WHERE p.code = :code OR CAST(:code AS text) = '' ORDER BY p.code
        """),  # noqa: S608 - our own names
        {"code": code},
    )
    return [plan_of(row) for row in rows]


async def versions(conn: AsyncConnection, code: str) -> list[tuple[Plan, datetime, int]]:
    """Return every version of a plan, the newest first: when it was made, and how many portals are on it."""
    rows = await conn.execute(
        sql(f"""
            SELECT {COLUMNS}, v.created_at, (
                SELECT count(*) FROM portal_billing AS b
                WHERE b.plan_code = v.plan_code AND b.plan_version = v.version
            ) AS portals
            FROM plan_versions AS v WHERE v.plan_code = :code ORDER BY v.version DESC
        """),  # noqa: S608 - our own names
        {"code": code},
    )
    return [(plan_of(row), row.created_at, row.portals) for row in rows]


async def portals_on(conn: AsyncConnection, codes: Sequence[str]) -> dict[str, int]:
    """Return how many portals are on each of these plans, in whatever version."""
    rows = await conn.execute(
        sql("SELECT plan_code, count(*) AS n FROM portal_billing WHERE plan_code = ANY(:codes) GROUP BY 1"),
        {"codes": list(codes)},
    )
    return {row.plan_code: row.n for row in rows}
