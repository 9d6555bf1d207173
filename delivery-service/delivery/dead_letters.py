"""Dead letters taken up again by a person: the same item with the same key, so nothing is shown twice."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from delivery.domain import DeadFilter, OutboxItem
from delivery.errors import OutboxItemNotDead, OutboxItemNotFound
from delivery.outbox import DELIVER
from delivery.repository import dead_letters as statements
from delivery.repository import lanes, outcomes, reading
from kit.queue import Bell

MAX_PER_CALL = 5_000
COUNTED_TO = 100_000


@dataclass(frozen=True)
class Retried:
    """How many dead letters a filter found, how many were taken up, how many are left."""

    matched: int
    retried: int

    @property
    def remaining(self) -> int:
        """What the next call takes up."""
        return self.matched - self.retried


class DeadLetters:
    """Takes dead letters up again."""

    def __init__(self, engine: AsyncEngine, bell: Bell, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._bell = bell
        self._now = now

    async def retry(self, item_id: UUID) -> OutboxItem:
        """Have one sent again. Raises OutboxItemNotFound, OutboxItemNotDead."""
        async with self._engine.begin() as conn:
            item = await reading.find(conn, item_id)
            if item is None:
                raise OutboxItemNotFound(id=item_id)
            if not await self._take_up(conn, [item_id]):
                raise OutboxItemNotDead(id=item_id, state=item.state)
            # Before the commit: afterwards a worker may have it, and the answer is what this call did.
            taken_up = await reading.find(conn, item_id)
        self._bell.ring(DELIVER)
        return taken_up or item

    async def retry_many(self, wanted: DeadFilter, *, dry_run: bool) -> Retried:
        """Count what a filter finds; without `dry_run` have the oldest sent again, MAX_PER_CALL at most."""
        async with self._engine.begin() as conn:
            matched = await statements.count(conn, wanted, COUNTED_TO)
            if dry_run or not matched:
                return Retried(matched, 0)
            taken = await self._take_up(conn, await statements.find(conn, wanted, MAX_PER_CALL))
        self._bell.ring(DELIVER)
        return Retried(matched, taken)

    async def _take_up(self, conn: AsyncConnection, item_ids: list[UUID]) -> int:
        now = self._now()
        news = await statements.take_up(conn, item_ids, now)
        if news:
            await lanes.make_due(conn, sorted({one.portal_id for one in news}), now)
            await outcomes.append(conn, news)
        return len(news)
