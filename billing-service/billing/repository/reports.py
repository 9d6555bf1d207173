"""Statements that sum up for the vendor's staff."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from billing.domain import COST, REPLIES, TOKENS
from kit.db import sql

_FROM_THE_MOST = (
    "(number, portal_id) < (CAST(:number AS bigint), CAST(:last AS uuid))",
    "number DESC, portal_id DESC",
)
_BY_PORTAL = "portal_id > CAST(:last AS uuid)", "portal_id"
"""What comes after a place, and the order: what is counted while a list is read moves portals in the first."""
_KEYS = {"day": "CAST(day AS text)", "portal": "CAST(portal_id AS text)", "metric": "metric"}


async def nearest(
    conn: AsyncConnection,
    now: datetime,
    plan_code: str,
    status: str,
    near_percent: int,
    portal_id: UUID | None,
    after: tuple[int, UUID] | None,
    limit: int,
    *,
    by_portal: bool = False,
) -> list[tuple[UUID, int]]:
    """Return portals and the per cent that they used of their most used limit, those nearest to one first.

    The period is the one noted, which the clock's round keeps true to within a minute.
    """
    comes_after, order = _BY_PORTAL if by_portal else _FROM_THE_MOST
    rows = await conn.execute(
        sql(f"""
            WITH limits AS (
                SELECT b.portal_id, b.period_start, v.limits || coalesce(
                    (SELECT jsonb_object_agg(name, value) FROM limit_overrides AS o
                     WHERE o.portal_id = b.portal_id AND (o.expires_at IS NULL OR o.expires_at > :now)), '{{}}'
                ) AS limits
                FROM portal_billing AS b
                JOIN plan_versions AS v ON v.plan_code = b.plan_code AND v.version = b.plan_version
                WHERE (CAST(:plan AS text) = '' OR b.plan_code = :plan)
                  AND (CAST(:status AS text) = '' OR b.status = :status)
                  AND (CAST(:portal_id AS uuid) IS NULL OR b.portal_id = :portal_id)
            ), shares AS (
                SELECT l.portal_id, coalesce(max(
                    CASE WHEN CAST(l.limits ->> c.metric AS bigint) > 0
                    THEN least(100 * c.used / CAST(l.limits ->> c.metric AS bigint), 100000)
                    WHEN l.limits ? c.metric AND c.used > 0 THEN 100 ELSE 0 END
                ), 0) AS number
                FROM limits AS l LEFT JOIN usage_counters AS c
                  ON c.portal_id = l.portal_id AND c.period_start = l.period_start
                GROUP BY l.portal_id
            )
            SELECT portal_id, number FROM shares
            WHERE number >= :near AND (CAST(:last AS uuid) IS NULL OR {comes_after})
            ORDER BY {order} LIMIT :limit
        """),  # noqa: S608 - our own words
        {
            "now": now,
            "plan": plan_code,
            "status": status,
            "near": near_percent,
            "portal_id": portal_id,
            "number": after[0] if after else None,
            "last": after[1] if after else None,
            "limit": limit,
        },
    )
    return [(row.portal_id, int(row.number)) for row in rows]


async def sums(
    conn: AsyncConnection,
    group: str,
    since: date,
    until: date,
    portal_id: UUID | None,
    metric: str,
    after: str,
    limit: int,
) -> list[Any]:
    """Return what was used of replies, tokens and cost, summed up by `group`, in the order of its keys."""
    rows = await conn.execute(
        sql(f"""
            SELECT {_KEYS[group]} AS key,
                   coalesce(sum(units) FILTER (WHERE metric = :replies), 0) AS replies,
                   coalesce(sum(units) FILTER (WHERE metric = :tokens), 0) AS tokens,
                   coalesce(sum(units) FILTER (WHERE metric = :cost), 0) AS cost_micro
            FROM usage_days
            WHERE day BETWEEN :since AND :until
              AND (CAST(:portal_id AS uuid) IS NULL OR portal_id = :portal_id)
              AND (CAST(:metric AS text) = '' OR metric = :metric)
              AND {_KEYS[group]} > :after
            GROUP BY 1 ORDER BY 1 LIMIT :limit
        """),  # noqa: S608 - one of three expressions of our own
        {
            "replies": REPLIES,
            "tokens": TOKENS,
            "cost": COST,
            "since": since,
            "until": until,
            "portal_id": portal_id,
            "metric": metric,
            "after": after,
            "limit": limit,
        },
    )
    return list(rows.all())


async def activity(
    conn: AsyncConnection,
    since: date,
    until: date,
    after: tuple[int, UUID] | None,
    limit: int,
    *,
    by_portal: bool = False,
) -> list[tuple[UUID, int]]:
    """Return portals and on how many days of a time they got replies, the most active first."""
    comes_after, order = _BY_PORTAL if by_portal else _FROM_THE_MOST
    rows = await conn.execute(
        sql(f"""
            WITH days AS (
                SELECT portal_id, count(*) AS number FROM usage_days
                WHERE metric = :replies AND day BETWEEN :since AND :until AND units > 0
                GROUP BY portal_id
            )
            SELECT portal_id, number FROM days WHERE CAST(:last AS uuid) IS NULL OR {comes_after}
            ORDER BY {order} LIMIT :limit
        """),  # noqa: S608 - our own words
        {
            "replies": REPLIES,
            "since": since,
            "until": until,
            "number": after[0] if after else None,
            "last": after[1] if after else None,
            "limit": limit,
        },
    )
    return [(row.portal_id, int(row.number)) for row in rows]


async def replies_by_day(
    conn: AsyncConnection, portal_ids: Sequence[UUID], since: date, until: date
) -> dict[tuple[UUID, date], int]:
    """Return the replies of portals on each day on which there were some."""
    rows = await conn.execute(
        sql("""
            SELECT portal_id, day, units FROM usage_days
            WHERE portal_id = ANY(CAST(:portal_ids AS uuid[])) AND metric = :replies
              AND day BETWEEN :since AND :until
        """),
        {"portal_ids": list(portal_ids), "replies": REPLIES, "since": since, "until": until},
    )
    return {(row.portal_id, row.day): row.units for row in rows}
