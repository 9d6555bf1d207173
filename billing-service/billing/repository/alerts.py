"""Statements on limits that portals are near to."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from billing.domain import LimitAlert
from kit import changefeed
from kit.db import sql

FEED = "limit_alerts"
_TYPES = {
    "portal_id": "uuid",
    "metric": "text",
    "threshold": "smallint",
    "used": "bigint",
    "most": "bigint",
    "period_start": "timestamptz",
    "resets_at": "timestamptz",
    "created_at": "timestamptz",
}


async def take_fresh(conn: AsyncConnection, limit: int) -> list[Any]:
    """Take counters that changed since they were looked at: portal_id, metric, period_start, used. They stay
    locked, so that nobody else finds the same; what changes them meanwhile makes them fresh again."""
    rows = await conn.execute(
        sql("""
            WITH fresh AS (
                SELECT portal_id, metric, period_start FROM usage_counters WHERE is_fresh
                LIMIT :limit FOR UPDATE SKIP LOCKED
            )
            UPDATE usage_counters AS c SET is_fresh = false FROM fresh
            WHERE (c.portal_id, c.metric, c.period_start)
                = (fresh.portal_id, fresh.metric, fresh.period_start)
            RETURNING c.portal_id, c.metric, c.period_start, c.used
        """),
        {"limit": limit},
    )
    return list(rows.all())


async def told(conn: AsyncConnection, portal_ids: Sequence[UUID], since: datetime) -> set[tuple[Any, ...]]:
    """Return what was said of portals: (portal_id, metric, period_start, most, threshold)."""
    rows = await conn.execute(
        sql("""
            SELECT portal_id, metric, period_start, most, threshold FROM limit_alerts
            WHERE portal_id = ANY(CAST(:portal_ids AS uuid[])) AND period_start >= :since
        """),
        {"portal_ids": list(portal_ids), "since": since},
    )
    return {tuple(row) for row in rows}


async def append(conn: AsyncConnection, alerts: Sequence[LimitAlert]) -> None:
    """Add to the feed; the last statement of its transaction."""
    columns: dict[str, Sequence[Any]] = {name: [getattr(one, name) for one in alerts] for name in _TYPES}
    await changefeed.append(conn, FEED, columns, _TYPES)


async def after(conn: AsyncConnection, cursor: int, limit: int) -> list[LimitAlert]:
    """Return what was found after a cursor, in order."""
    rows = await conn.execute(
        sql("SELECT * FROM limit_alerts WHERE id > :cursor ORDER BY id LIMIT :limit"),
        {"cursor": cursor, "limit": limit},
    )
    return [_alert(row) for row in rows]


async def newest(
    conn: AsyncConnection,
    portal_id: UUID | None,
    before: int | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> list[LimitAlert]:
    """Return a page, the newest first."""
    rows = await conn.execute(
        sql("""
            SELECT * FROM limit_alerts
            WHERE (CAST(:portal_id AS uuid) IS NULL OR portal_id = :portal_id)
              AND (CAST(:before AS bigint) IS NULL OR id < :before)
              AND (CAST(:since AS timestamptz) IS NULL OR created_at >= :since)
              AND (CAST(:until AS timestamptz) IS NULL OR created_at < :until)
            ORDER BY id DESC LIMIT :limit
        """),
        {"portal_id": portal_id, "before": before, "since": since, "until": until, "limit": limit},
    )
    return [_alert(row) for row in rows]


def _alert(row: Any) -> LimitAlert:
    return LimitAlert(
        id=row.id,
        portal_id=row.portal_id,
        metric=row.metric,
        threshold=row.threshold,
        used=row.used,
        most=row.most,
        period_start=row.period_start,
        resets_at=row.resets_at,
        created_at=row.created_at,
    )
