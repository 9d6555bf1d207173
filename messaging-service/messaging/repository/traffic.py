"""Statements on how much portals' people write."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from kit import ids
from kit.db import sql


@dataclass(frozen=True)
class Watched:
    """A portal whose traffic is looked at, with what was made of it before."""

    portal_id: UUID
    counted_until: datetime | None
    told_until: datetime | None
    was_silent: bool


async def claim(conn: AsyncConnection, now: datetime, lease_until: datetime, limit: int) -> list[Watched]:
    """Take portals in service whose traffic is due to be looked at."""
    rows = await conn.execute(
        sql("""
            WITH due AS (
                SELECT p.id FROM portals AS p LEFT JOIN traffic AS t ON t.portal_id = p.id
                WHERE p.state = 'active' AND (t.due_at IS NULL OR t.due_at <= :now)
                ORDER BY t.due_at NULLS FIRST LIMIT :limit
                FOR UPDATE OF p SKIP LOCKED
            )
            INSERT INTO traffic (portal_id, due_at) SELECT id, :lease_until FROM due
            ON CONFLICT (portal_id) DO UPDATE SET due_at = excluded.due_at
            RETURNING portal_id, counted_until, told_until, is_silent
        """),
        {"now": now, "lease_until": lease_until, "limit": limit},
    )
    return [Watched(row.portal_id, row.counted_until, row.told_until, row.is_silent) for row in rows]


async def count(conn: AsyncConnection, portal_id: UUID, since: datetime, until: datetime) -> None:
    """Count what people wrote in the full hours between two moments; a second count is the same."""
    await conn.execute(
        sql("""
            INSERT INTO traffic_hours (portal_id, hour, messages)
            SELECT portal_id, date_trunc('hour', created_at, 'UTC'), count(*) FROM messages
            WHERE portal_id = :portal_id AND direction = 'rx'
              AND id >= :first AND id < :last AND created_at >= :since AND created_at < :until
            GROUP BY 1, 2
            ON CONFLICT (portal_id, hour) DO UPDATE SET messages = excluded.messages
        """),
        {
            "portal_id": portal_id,
            "since": since,
            "until": until,
            "first": ids.floor_of(since),
            "last": ids.floor_of(until),
        },
    )


async def hours(conn: AsyncConnection, portal_id: UUID) -> dict[datetime, int]:
    """Return how many messages people wrote in each hour that had any, as far as it is kept."""
    rows = await conn.execute(
        sql("SELECT hour, messages FROM traffic_hours WHERE portal_id = :portal_id"), {"portal_id": portal_id}
    )
    return {row.hour: row.messages for row in rows}


async def last_message_at(conn: AsyncConnection, portal_id: UUID) -> datetime | None:
    """Return when somebody wrote last."""
    found: datetime | None = await conn.scalar(
        sql("""
            SELECT created_at FROM messages WHERE portal_id = :portal_id AND direction = 'rx'
            ORDER BY id DESC LIMIT 1
        """),
        {"portal_id": portal_id},
    )
    return found


async def settle(
    conn: AsyncConnection,
    portal_id: UUID,
    *,
    due_at: datetime,
    counted_until: datetime,
    told_until: datetime | None,
    is_silent: bool,
) -> None:
    """Keep what was made of a portal's traffic, and when it is looked at again."""
    await conn.execute(
        sql("""
            UPDATE traffic SET due_at = :due_at, counted_until = :counted_until, told_until = :told_until,
                               is_silent = :is_silent
            WHERE portal_id = :portal_id
        """),
        {
            "portal_id": portal_id,
            "due_at": due_at,
            "counted_until": counted_until,
            "told_until": told_until,
            "is_silent": is_silent,
        },
    )


async def forget(conn: AsyncConnection, portal_id: UUID, before: datetime) -> None:
    """Drop the counts of long ago."""
    await conn.execute(
        sql("DELETE FROM traffic_hours WHERE portal_id = :portal_id AND hour < :before"),
        {"portal_id": portal_id, "before": before},
    )


async def waiting(conn: AsyncConnection, portal_id: UUID) -> tuple[int, datetime | None]:
    """Return how many dialogs of a portal wait for an answer, and since when the first of them."""
    row = (
        await conn.execute(
            sql("""
                SELECT count(*) AS dialogs, min(pending_since) AS since FROM dialogs
                WHERE portal_id = :portal_id AND pending_since IS NOT NULL
            """),
            {"portal_id": portal_id},
        )
    ).one()
    return row.dialogs, row.since


async def state_of(conn: AsyncConnection, portal_id: UUID) -> str:
    """Return where a portal stands as far as this context has heard, "" where it has not."""
    found: str | None = await conn.scalar(
        sql("SELECT state FROM portals WHERE id = :portal_id"), {"portal_id": portal_id}
    )
    return found or ""
