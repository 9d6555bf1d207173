"""The one statement on how much waits to be sent."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from kit.db import sql
from kit.queue_pauses import is_resting
from kit.queues import MOST, QueueState

_RATE_OF = timedelta(minutes=5)
_HOUR = timedelta(hours=1)
_RESTING = is_resting("lanes.portal_id", "delivery")


async def look(conn: AsyncConnection, now: datetime) -> tuple[QueueState, Mapping[str, int]]:
    """Return what waits, and how many lanes are due, parked, behind an open breaker, blocked, or resting.

    A lane is a portal, so reading all of them is cheap; of items and outcomes a bounded number is read.
    """
    row = (
        await conn.execute(
            sql(f"""
                SELECT (SELECT count(*) FROM (
                           SELECT 1 FROM outbox WHERE state IN ('created', 'sending', 'unknown', 'retry')
                           LIMIT :most
                       ) AS open) AS depth,
                       (SELECT count(*) FROM (
                           SELECT 1 FROM outbox WHERE state = 'dead' LIMIT :most
                       ) AS given_up) AS dead,
                       lane.*, ended.*
                FROM (
                    SELECT count(*) FILTER (WHERE is_due) AS due,
                           count(*) FILTER (WHERE is_parked AND cause <> 'breaker_open') AS parked,
                           count(*) FILTER (WHERE is_parked AND cause = 'breaker_open') AS breaker_open,
                           count(*) FILTER (WHERE blocked <> '') AS blocked,
                           count(*) FILTER (WHERE is_resting) AS resting,
                           coalesce(extract(epoch FROM :now - min(due_at) FILTER (WHERE is_due)), 0) AS oldest_s
                    FROM (
                        SELECT due_at, cause, blocked, is_resting,
                               runs AND due_at IS NOT NULL AND parked_until > :now IS TRUE AS is_parked,
                               runs AND due_at <= :now AND parked_until > :now IS NOT TRUE AS is_due
                        FROM (
                            SELECT *, blocked = '' AND NOT is_resting AS runs
                            FROM (SELECT *, {_RESTING} AS is_resting FROM lanes) AS lane
                        ) AS lane
                    ) AS every
                ) AS lane, (
                    SELECT count(*) FILTER (WHERE state = 'sent' AND created_at > :lately) AS sent,
                           count(*) FILTER (WHERE state = 'dead') AS failed
                    FROM outcomes WHERE id > (SELECT max(id) FROM outcomes) - :most AND created_at > :hour_ago
                ) AS ended
            """),  # noqa: S608 - our own words
            {"now": now, "most": MOST, "lately": now - _RATE_OF, "hour_ago": now - _HOUR},
        )
    ).one()
    state = QueueState(
        name="delivery",
        depth=row.depth,
        oldest_s=max(0.0, float(row.oldest_s)),
        rate_per_min=row.sent / (_RATE_OF.total_seconds() / 60),
        failed_last_hour=row.failed,
        dead=row.dead,
        held_portals=row.parked + row.breaker_open + row.blocked + row.resting,
    )
    return state, {name: getattr(row, name) for name in ("due", "parked", "breaker_open", "blocked", "resting")}
