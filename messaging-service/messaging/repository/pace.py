"""The statement on how quickly replies reached their portals, and who wrote."""

from datetime import datetime

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit import ids
from kit.db import sql

_MOST_REPLIES = 5_000
_MOST_MESSAGES = 100_000


async def look(conn: AsyncConnection, since: datetime, midnight: datetime) -> Row[tuple[int, float, float, int]]:
    """Return replies since a moment, their p50 and p95 (ms), and the portals whose people wrote since midnight.

    A trace id is a UUIDv7: its first 48 bits are the millisecond in which the gateway took the event.
    """
    found = await conn.execute(
        sql("""
            SELECT quick.*, (
                SELECT count(DISTINCT portal_id) FROM (
                    SELECT portal_id FROM messages
                    WHERE direction = 'rx' AND id >= :first_today AND created_at >= :midnight LIMIT :most_messages
                ) AS today
            ) AS portals
            FROM (
                SELECT count(*) AS replies,
                       percentile_cont(0.5) WITHIN GROUP (ORDER BY took) AS p50,
                       percentile_cont(0.95) WITHIN GROUP (ORDER BY took) AS p95
                FROM (
                    SELECT extract(epoch FROM created_at) * 1000 - CAST(
                               CAST('x' || left(replace(trace_id::text, '-', ''), 12) AS bit(48)) AS bigint
                           ) AS took
                    FROM events
                    WHERE type = 'send_ok' AND id >= :first AND created_at >= :since AND trace_id > :nobody
                    LIMIT :most_replies
                ) AS sent
                WHERE took >= 0
            ) AS quick
        """),
        {
            "first_today": ids.floor_of(midnight),
            "midnight": midnight,
            "most_messages": _MOST_MESSAGES,
            "first": ids.floor_of(since),
            "since": since,
            "nobody": ids.NIL,
            "most_replies": _MOST_REPLIES,
        },
    )
    return found.one()
