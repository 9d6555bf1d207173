"""Portals that come near to a limit: found within seconds, each limit and threshold told once in a period."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from billing.domain import LimitAlert
from billing.repository import alerts as statements
from billing.subscriptions import subscriptions_of
from billing.usage import periods_of
from kit import changefeed
from kit.changefeed import Waker

THRESHOLDS = (50, 80, 100)
"""Per cent of a limit."""
_BATCH = 1_000
_LONGEST_PERIOD = timedelta(days=32)


class Alerts:
    """Finds them, and offers them as a feed."""

    def __init__(self, engine: AsyncEngine, waker: Waker, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._waker = waker
        self._now = now

    async def round(self) -> None:
        """Look at every counter that changed since the last round."""
        while await self._look() == _BATCH:
            pass

    async def watch(self, cursor: int) -> AsyncIterator[tuple[list[LimitAlert], int]]:
        """Yield pages of alerts after a cursor, for ever."""
        async for page in changefeed.pages(cursor, self._after, lambda one: one.id, self._waker):
            yield page

    async def newest(
        self,
        portal_id: UUID | None,
        before: int | None,
        since: datetime | None,
        until: datetime | None,
        limit: int,
    ) -> list[LimitAlert]:
        """Return a page, the newest first."""
        async with self._engine.connect() as conn:
            return await statements.newest(conn, portal_id, before, since, until, limit)

    async def _after(self, cursor: int, limit: int) -> list[LimitAlert]:
        async with self._engine.connect() as conn:
            return await statements.after(conn, cursor, limit)

    async def _look(self) -> int:
        now = self._now()
        async with self._engine.begin() as conn:
            fresh = await statements.take_fresh(conn, _BATCH)
            if not fresh:
                return 0
            portal_ids = sorted({row.portal_id for row in fresh})
            of = await subscriptions_of(conn, portal_ids, now)
            periods = periods_of(of, now)
            told = await statements.told(conn, portal_ids, now - _LONGEST_PERIOD)
            found: list[LimitAlert] = []
            for row in fresh:
                most, period = of[row.portal_id].limits.get(row.metric), periods[row.portal_id]
                if most is None or row.period_start != period.start:
                    continue
                reached = [one for one in THRESHOLDS if 100 * row.used >= one * most and row.used]
                # Who jumps over several is told of the last one only.
                for threshold in reached[-1:]:
                    key = (row.portal_id, row.metric, row.period_start, most, threshold)
                    if key not in told:
                        found.append(
                            LimitAlert(
                                id=0,
                                portal_id=row.portal_id,
                                metric=row.metric,
                                threshold=threshold,
                                used=row.used,
                                most=most,
                                period_start=row.period_start,
                                resets_at=period.end,
                                created_at=now,
                            )
                        )
            if found:
                await statements.append(conn, found)
            return len(fresh)
