"""Statements that count anew from events what counters say."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from billing.domain import COST, REPLIES, TOKENS
from kit.db import sql

# One statement sees one moment: events and counters are written in one transaction, so any difference is a drift.
_COUNTED = """
    WITH counted AS (
        SELECT portal_id, metric, period_start, sum(units) AS units FROM usage_events
        WHERE portal_id = ANY(CAST(:portal_ids AS uuid[])) AND id >= :floor GROUP BY 1, 2, 3
        UNION ALL
        SELECT portal_id, :tokens, period_start, sum(prompt_tokens + completion_tokens) FROM model_uses
        WHERE portal_id = ANY(CAST(:portal_ids AS uuid[])) AND id >= :floor GROUP BY 1, 3
    ), counters AS (
        SELECT portal_id, metric, period_start, used FROM usage_counters
        WHERE portal_id = ANY(CAST(:portal_ids AS uuid[])) AND metric IN (:replies, :tokens)
    )
    SELECT portal_id, metric, period_start, coalesce(counters.used, 0) AS counter,
           CAST(coalesce(counted.units, 0) AS bigint) AS events
    FROM counters FULL JOIN counted USING (portal_id, metric, period_start)
    WHERE period_start >= :since AND coalesce(counters.used, 0) <> coalesce(counted.units, 0)
"""
_DAYS = """
    WITH events AS (
        SELECT portal_id, metric, CAST(created_at AT TIME ZONE 'UTC' AS date) AS day, sum(units) AS units
        FROM usage_events WHERE portal_id = ANY(CAST(:portal_ids AS uuid[])) AND id >= :floor GROUP BY 1, 2, 3
        UNION ALL
        SELECT portal_id, :tokens, CAST(created_at AT TIME ZONE 'UTC' AS date),
               sum(prompt_tokens + completion_tokens)
        FROM model_uses WHERE portal_id = ANY(CAST(:portal_ids AS uuid[])) AND id >= :floor GROUP BY 1, 3
    ), days AS (
        SELECT portal_id, metric, day, units FROM usage_days
        WHERE portal_id = ANY(CAST(:portal_ids AS uuid[])) AND metric <> :cost
    )
    SELECT portal_id, metric, CAST(day AS timestamp) AT TIME ZONE 'UTC' AS period_start,
           coalesce(days.units, 0) AS counter, CAST(coalesce(events.units, 0) AS bigint) AS events
    FROM days FULL JOIN events USING (portal_id, metric, day)
    WHERE day >= CAST(CAST(:since AS timestamptz) AT TIME ZONE 'UTC' AS date)
      AND coalesce(days.units, 0) <> coalesce(events.units, 0)
"""


async def drifts(
    conn: AsyncConnection, portal_ids: Sequence[UUID], since: datetime, floor: UUID, *, of_days: bool
) -> list[Any]:
    """Return counters since a moment that are not what their events add up to, `of_days`: those by day.

    Rows: portal_id, metric, period_start, counter, events. `floor`: events with smaller ids are not of that time.
    """
    rows = await conn.execute(
        sql(_DAYS if of_days else _COUNTED),
        {
            "portal_ids": list(portal_ids),
            "since": since,
            "floor": floor,
            "tokens": TOKENS,
            **({"cost": COST} if of_days else {"replies": REPLIES}),
        },
    )
    return list(rows.all())


async def note(conn: AsyncConnection, portal_ids: Sequence[UUID], found: Sequence[Any], now: datetime) -> None:
    """Have the drifts of these portals be those that were found."""
    await conn.execute(
        sql("DELETE FROM usage_drifts WHERE portal_id = ANY(CAST(:portal_ids AS uuid[]))"),
        {"portal_ids": list(portal_ids)},
    )
    if found:
        await conn.execute(
            sql("""
                INSERT INTO usage_drifts (portal_id, metric, period_start, counter, events, found_at)
                VALUES (:portal_id, :metric, :period_start, :counter, :events, :now)
                ON CONFLICT (portal_id, metric, period_start) DO NOTHING
            """),
            [{**row._asdict(), "now": now} for row in found],
        )


async def first(conn: AsyncConnection, limit: int) -> list[Any]:
    """Return noted drifts, the largest first."""
    rows = await conn.execute(
        sql("SELECT * FROM usage_drifts ORDER BY abs(counter - events) DESC, portal_id LIMIT :limit"),
        {"limit": limit},
    )
    return list(rows.all())


async def mend(conn: AsyncConnection, found: Sequence[Any], *, of_days: bool) -> None:
    """Have counters, or those by day, say what their events add up to, as far as those were read."""
    statement = (
        """
        INSERT INTO usage_days AS d (portal_id, metric, day, units)
        VALUES (:portal_id, :metric, CAST(CAST(:period_start AS timestamptz) AT TIME ZONE 'UTC' AS date),
                greatest(:difference, 0))
        ON CONFLICT (portal_id, metric, day) DO UPDATE SET units = d.units + :difference
        """
        if of_days
        else """
        INSERT INTO usage_counters AS c (portal_id, metric, period_start, used)
        VALUES (:portal_id, :metric, :period_start, greatest(:difference, 0))
        ON CONFLICT (portal_id, metric, period_start) DO UPDATE SET used = c.used + :difference, is_fresh = true
        """
    )
    await conn.execute(
        sql(statement),
        [
            {
                "portal_id": row.portal_id,
                "metric": row.metric,
                "period_start": row.period_start,
                "difference": row.events - row.counter,
            }
            for row in found
        ],
    )
