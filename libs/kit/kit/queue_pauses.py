"""Portals whose part of a queue rests because somebody said so: nothing of it is claimed until it is resumed.

Each schema with such queues has a table `queue_pauses` (portal_id, queue, reason, paused_by, paused_at).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from kit import db
from kit.db import sql

_MOST = 500


def is_resting(portal_id: str, queue: str) -> str:
    """Return a condition for statements: that the part of a queue rests of the portal that an expression names."""
    return f"EXISTS (SELECT FROM queue_pauses AS p WHERE p.portal_id = {portal_id} AND p.queue = '{queue}')"


@dataclass(frozen=True)
class QueuePause:
    """A queue of which a portal's part rests."""

    portal_id: UUID
    queue: str
    reason: str
    paused_by: str
    paused_at: datetime

    def __str__(self) -> str:
        """Say it to who looks for what is wrong."""
        return f"The queue {self.queue} was paused for this portal by {self.paused_by}: {self.reason}"


class QueuePauses:
    """Has portals' parts of queues rest, and go on."""

    def __init__(self, engine: AsyncEngine, now: Callable[[], datetime]) -> None:
        self._at_once = db.at_once(engine)
        self._now = now

    async def pause(self, portal_id: UUID, queue: str, reason: str, by: str) -> None:
        """Claim nothing more of it. What is under way is finished."""
        async with self._at_once.connect() as conn:
            await conn.execute(
                sql("""
                    INSERT INTO queue_pauses (portal_id, queue, reason, paused_by, paused_at)
                    VALUES (:portal_id, :queue, :reason, :by, :now)
                    ON CONFLICT (portal_id, queue) DO UPDATE
                    SET reason = excluded.reason, paused_by = excluded.paused_by
                """),
                {"portal_id": portal_id, "queue": queue, "reason": reason, "by": by, "now": self._now()},
            )

    async def resume(self, portal_id: UUID, queue: str) -> None:
        """Claim of it again, at the next sweep of its worker."""
        async with self._at_once.connect() as conn:
            statement = sql("DELETE FROM queue_pauses WHERE portal_id = :portal_id AND queue = :queue")
            await conn.execute(statement, {"portal_id": portal_id, "queue": queue})

    async def all(self, portal_id: UUID | None) -> list[QueuePause]:
        """Return what rests, of a portal or of all, the newest first."""
        async with self._at_once.connect() as conn:
            return await of(conn, portal_id)


async def of(conn: AsyncConnection, portal_id: UUID | None) -> list[QueuePause]:
    """Return what rests, of a portal or of all, the newest first."""
    rows = await conn.execute(
        sql("""
            SELECT portal_id, queue, reason, paused_by, paused_at FROM queue_pauses
            WHERE CAST(:portal_id AS uuid) IS NULL OR portal_id = :portal_id
            ORDER BY paused_at DESC, portal_id, queue LIMIT :most
        """),
        {"portal_id": portal_id, "most": _MOST},
    )
    return [QueuePause(row.portal_id, row.queue, row.reason, row.paused_by, row.paused_at) for row in rows]
