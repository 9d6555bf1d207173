"""Counters are what their events add up to: counted anew every hour, a drift is shown, told and mended."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from prometheus_client import Gauge
from sqlalchemy.ext.asyncio import AsyncEngine

from billing.repository import recount as statements
from billing.repository import subscriptions
from kit import ids

log = structlog.get_logger("recount")

DRIFTS = Gauge("tb_usage_drifts", "Counters of usage that are not what their events add up to")
RECOUNTED = Gauge("tb_usage_recounted_at_seconds", "When counters were last counted anew, as Unix time")
LOOKED_AT = timedelta(days=62)
"""This period and the one before."""
_MADE_BEFORE = timedelta(days=2)
"""A unit is counted within this time of the making of its id."""
_PAGE = 100
_SHOWN = 100


class Recount:
    """Counts anew."""

    def __init__(self, engine: AsyncEngine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    async def round(self) -> None:
        """Count every portal's events."""
        last, count = ids.NIL, 0
        while True:
            async with self._engine.connect() as conn:
                page = await subscriptions.after(conn, last, _PAGE, self._now())
            if page:
                portal_ids = [one.portal_id for one in page]
                found = await self._look(portal_ids)
                count += len(found)
                async with self._engine.begin() as conn:
                    await statements.note(conn, portal_ids, found, self._now())
            if len(page) < _PAGE:
                break
            last = page[-1].portal_id
        DRIFTS.set(count)
        RECOUNTED.set(self._now().timestamp())
        if count:
            log.error("counters of usage drifted", count=count)

    async def drifts(self) -> list[Any]:
        """Return what the last round found, the largest first."""
        async with self._engine.connect() as conn:
            return await statements.first(conn, _SHOWN)

    async def mend(self, portal_id: UUID) -> list[Any]:
        """Have a portal's counters say what its events add up to. Returns what was wrong."""
        mended: list[Any] = []
        async with self._engine.begin() as conn:
            for of_days in (False, True):
                found = await statements.drifts(conn, [portal_id], *self._since(), of_days=of_days)
                if found:
                    await statements.mend(conn, found, of_days=of_days)
                mended += found
            await statements.note(conn, [portal_id], [], self._now())
        return mended

    async def _look(self, portal_ids: list[UUID]) -> list[Any]:
        async with self._engine.connect() as conn:
            return [
                row
                for of_days in (False, True)
                for row in await statements.drifts(conn, portal_ids, *self._since(), of_days=of_days)
            ]

    def _since(self) -> tuple[datetime, UUID]:
        since = self._now() - LOOKED_AT
        return since, ids.floor_of(since - _MADE_BEFORE)
