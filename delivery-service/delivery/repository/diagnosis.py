"""Statements on a portal's queue as a whole: how it stands, and letting it be tried now."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from kit import ids, queue_pauses
from kit.db import sql


@dataclass(frozen=True)
class Queue:
    """What waits of a portal, and what it waits for. `dead`: given up since a moment."""

    open: int
    oldest_at: datetime | None
    parked_until: datetime | None
    blocked: str
    cause: str
    next_step: str
    dead: int
    resting: str = ""
    """Who paused it and why."""


async def look(conn: AsyncConnection, portal_id: UUID, dead_since: datetime) -> Queue:
    """Return how a portal's queue stands."""
    row = (
        await conn.execute(
            sql("""
                SELECT waiting.items, waiting.oldest_at, waiting.cause, waiting.next_step,
                       lanes.parked_until, lanes.blocked, lanes.cause AS lane_cause,
                       lanes.next_step AS lane_next_step,
                       (SELECT count(*) FROM outbox
                        WHERE portal_id = :portal_id AND id >= :dead_since AND state = 'dead') AS dead
                FROM (
                    SELECT count(*) AS items, min(created_at) AS oldest_at,
                           (array_agg(cause ORDER BY seq) FILTER (WHERE cause <> ''))[1] AS cause,
                           (array_agg(next_step ORDER BY seq) FILTER (WHERE next_step <> ''))[1] AS next_step
                    FROM outbox
                    WHERE portal_id = :portal_id AND state IN ('created', 'sending', 'unknown', 'retry')
                ) AS waiting
                LEFT JOIN lanes ON lanes.portal_id = :portal_id
            """),
            {"portal_id": portal_id, "dead_since": ids.floor_of(dead_since)},
        )
    ).one()
    return Queue(
        open=row.items,
        oldest_at=row.oldest_at,
        parked_until=row.parked_until,
        blocked=row.blocked or "",
        cause=row.lane_cause or row.cause or "",
        next_step=row.lane_next_step or row.next_step or "",
        dead=row.dead,
        resting="".join(map(str, await queue_pauses.of(conn, portal_id))),
    )


async def unpark(conn: AsyncConnection, portal_id: UUID, now: datetime) -> None:
    """Let a portal's lane run now."""
    await conn.execute(
        sql("""
            UPDATE lanes SET parked_until = NULL, cause = '', next_step = '', due_at = :now
            WHERE portal_id = :portal_id
        """),
        {"portal_id": portal_id, "now": now},
    )


async def hurry(conn: AsyncConnection, portal_id: UUID, now: datetime) -> None:
    """Have the items that wait be tried now, but for those that may be shown already: their pause is safety."""
    await conn.execute(
        sql("""
            UPDATE outbox SET due_at = :now
            WHERE portal_id = :portal_id AND state IN ('created', 'retry') AND due_at > :now
        """),
        {"portal_id": portal_id, "now": now},
    )
