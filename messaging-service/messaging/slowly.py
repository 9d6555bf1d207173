"""Dialogs for which a model has to be waited for: each goes by itself, few of one portal at a time."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from uuid import UUID
from weakref import WeakValueDictionary

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from kit import db, metrics
from messaging.domain import Batch
from messaging.repository import dialogs as statements

log = structlog.get_logger("slowly")

AT_ONCE_OF_PORTAL = 4
"""A model's endpoint is one that a portal chose; its slowness is its own."""
WAITING_OF_PORTAL = 12
"""Dialogs in memory, those at work included; the rest stays in the database and is claimed later."""
RENEW_S = 3.0


class Slowly:
    """Holds such dialogs and their leases until they are answered."""

    def __init__(self, engine: AsyncEngine, lease: timedelta, now: Callable[[], datetime]) -> None:
        self._at_once = db.at_once(engine)
        self._lease = lease
        self._now = now
        self._free_of: WeakValueDictionary[UUID, asyncio.Semaphore] = WeakValueDictionary()
        self._held: dict[asyncio.Task[None], Batch] = {}
        self._is_stopping = False

    def room_for(self, portal_id: UUID) -> int:
        """How many more dialogs of a portal may be started."""
        if self._is_stopping:
            return 0
        return WAITING_OF_PORTAL - sum(batch.dialogs[0].portal_id == portal_id for batch in self._held.values())

    def start(self, batch: Batch, answer: Callable[[Batch], Awaitable[object]]) -> None:
        """Have one dialog answered when it is its turn."""
        task = asyncio.create_task(self._run(batch, answer))
        self._held[task] = batch
        task.add_done_callback(self._held.pop)

    async def renew(self, others: Iterable[Batch] = ()) -> None:
        """Hold their leases, and those of `others`."""
        held = [(batch.token, dialog) for batch in (*self._held.values(), *others) for dialog in batch.dialogs]
        if held:
            async with self._at_once.connect() as conn:
                await statements.renew(conn, held, self._now() + self._lease)

    async def stop(self, seconds: float) -> list[Batch]:
        """Start no more and give those at work so long; returns those that were broken off."""
        self._is_stopping = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.settled()
        left = dict(self._held)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        return list(left.values())

    async def settled(self) -> None:
        """Wait until everything started is answered."""
        while self._held:
            await asyncio.wait(self._held)

    async def _run(self, batch: Batch, answer: Callable[[Batch], Awaitable[object]]) -> None:
        portal_id = batch.dialogs[0].portal_id
        of_portal = self._free_of.setdefault(portal_id, asyncio.Semaphore(AT_ONCE_OF_PORTAL))
        try:
            async with of_portal:
                await answer(batch)
        except Exception as error:
            metrics.BACKGROUND_FAILURES.labels("answer_slowly").inc()
            log.error("dialog not answered", portal_id=str(portal_id), error=repr(error), exc_info=db.cause(error))
