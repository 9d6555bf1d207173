"""Statements on how much waits to be answered and to be read."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from kit import ids
from kit.db import sql
from kit.queue_pauses import is_resting
from kit.queues import MOST, QueueState

_RATE_OF = timedelta(minutes=5)
_HOUR = timedelta(hours=1)


async def dialogs(conn: AsyncConnection, now: datetime) -> QueueState:
    """Return how many dialogs are owed a reply, and how the last ones went."""
    row = (
        await conn.execute(
            sql(f"""
                SELECT owed.*, (
                    SELECT count(*) FROM messages
                    WHERE direction = 'tx' AND id >= :lately AND created_at >= :lately_at
                ) AS answered, (
                    SELECT count(*) FROM messages
                    WHERE state = 'failed' AND id >= :hour_ago AND created_at >= :hour_ago_at
                ) AS failed
                FROM (
                    SELECT count(*) AS depth,
                           coalesce(
                               extract(epoch FROM :now - min(pending_since) FILTER (WHERE NOT is_resting)), 0
                           ) AS oldest_s
                    FROM (
                        SELECT pending_since, {is_resting("dialogs.portal_id", "messaging")} AS is_resting
                        FROM dialogs WHERE pending_since IS NOT NULL LIMIT :most
                    ) AS waiting
                ) AS owed
            """),  # noqa: S608 - our own words
            {
                "now": now,
                "most": MOST,
                "lately": ids.floor_of(now - _RATE_OF),
                "lately_at": now - _RATE_OF,
                "hour_ago": ids.floor_of(now - _HOUR),
                "hour_ago_at": now - _HOUR,
            },
        )
    ).one()
    return QueueState(
        name="messaging",
        depth=row.depth,
        oldest_s=max(0.0, float(row.oldest_s)),
        rate_per_min=row.answered / (_RATE_OF.total_seconds() / 60),
        failed_last_hour=row.failed,
    )


async def documents(conn: AsyncConnection, now: datetime) -> QueueState:
    """Return how many documents wait to be read."""
    row = (
        await conn.execute(
            sql(f"""
                SELECT count(*) AS depth,
                       coalesce(extract(epoch FROM :now - min(due_at) FILTER (
                           WHERE due_at <= :now AND (lease_until IS NULL OR lease_until < :now) AND NOT is_resting
                       )), 0) AS oldest_s
                FROM (
                    SELECT due_at, lease_until, {is_resting("kb_documents.portal_id", "knowledge")} AS is_resting
                    FROM kb_documents WHERE due_at IS NOT NULL LIMIT :most
                ) AS waiting
            """),  # noqa: S608 - our own words
            {"now": now, "most": MOST},
        )
    ).one()
    return QueueState(name="knowledge", depth=row.depth, oldest_s=max(0.0, float(row.oldest_s)))
