"""Dialogs for which a model has to be waited for: each goes by itself, few of one portal at a time."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID
from weakref import WeakValueDictionary

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from kit import db, metrics
from messaging.domain import Batch
from messaging.repository import dialogs as statements

log = structlog.get_logger("slowly")

MAX_WAITING = 400
"""Dialogs in memory; the rest stays in the database and is claimed later."""
AT_ONCE = 48
AT_ONCE_OF_PORTAL = 4
"""One portal's slow model takes no more of what all share."""
RENEW_S = 3.0


class Slowly:
    """Holds such dialogs and their leases until they are answered."""

    def __init__(self, engine: AsyncEngine, lease: timedelta, now: Callable[[], datetime]) -> None:
        self._at_once = db.at_once(engine)
        self._lease = lease
        self._now = now
        self._free = asyncio.Semaphore(AT_ONCE)
        self._free_of: WeakValueDictionary[UUID, asyncio.Semaphore] = WeakValueDictionary()
        self._held: dict[asyncio.Task[None], Batch] = {}

    @property
    def room(self) -> int:
        """How many more dialogs may be started."""
        return MAX_WAITING - len(self._held)

    def start(self, batch: Batch, answer: Callable[[Batch], Awaitable[object]]) -> None:
        """Have one dialog answered when it is its turn."""
        task = asyncio.create_task(self._run(batch, answer))
        self._held[task] = batch
        task.add_done_callback(self._held.pop)

    async def renew(self) -> None:
        """Hold their leases."""
        if self._held:
            held = [(batch.token, dialog) for batch in self._held.values() for dialog in batch.dialogs]
            async with self._at_once.connect() as conn:
                await statements.renew(conn, held, self._now() + self._lease)

    async def settled(self) -> None:
        """Wait until everything started is answered."""
        while self._held:
            await asyncio.wait(self._held)

    async def _run(self, batch: Batch, answer: Callable[[Batch], Awaitable[object]]) -> None:
        portal_id = batch.dialogs[0].portal_id
        of_portal = self._free_of.setdefault(portal_id, asyncio.Semaphore(AT_ONCE_OF_PORTAL))
        try:
            async with of_portal, self._free:
                await answer(batch)
        except Exception as error:
            metrics.BACKGROUND_FAILURES.labels("answer_slowly").inc()
            log.error("dialog not answered", portal_id=str(portal_id), error=repr(error), exc_info=db.cause(error))
