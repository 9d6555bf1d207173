"""The second look: events that were refused because the news of their portal came later.

A portal's first events may overtake the news of its install, and Bitrix24 never sends them again. What is looked
for is looked for apart from the feed: an event that cannot be stored holds up nothing but itself.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from kit import db, metrics
from kit.queue import Bell
from messaging import ingest
from messaging.ingest import Seal
from messaging.keep import Keeper
from messaging.repository import second_look as statements
from messaging.repository.second_look import Look

log = structlog.get_logger("second_look")

LOOKED_FOR = timedelta(minutes=10)
"""How long a portal is looked for after its news: an event judged before it may be stored after it."""
EVERY = timedelta(seconds=5)
MAX_AGE = timedelta(hours=24)
"""How old an event may be that is still taken in."""
_PAGE = 200


async def begin(conn: AsyncConnection, portal_id: UUID, now: datetime) -> None:
    """Have a portal looked for from now on, in the caller's transaction."""
    await statements.begin(conn, portal_id, now, now + LOOKED_FOR)


class SecondLook:
    """Takes refused events in once their portal is known."""

    def __init__(
        self, engine: AsyncEngine, bell: Bell, seal: Seal, now: Callable[[], datetime], keeper: Keeper
    ) -> None:
        self._engine = engine
        self._keeper = keeper
        self._seal = seal
        self._bell = bell
        self._now = now

    async def round(self) -> None:
        """Look for every portal that is due; each by itself, so that none suffers from another."""
        now = self._now()
        async with self._engine.begin() as conn:
            looks = await statements.take_due(conn, now, now + EVERY)
            await statements.end_over(conn, now)
        for look in looks:
            try:
                await self._look(look)
            except Exception as error:
                metrics.BACKGROUND_FAILURES.labels("second_look").inc()
                log.warning("second look failed", portal_id=str(look.portal_id), exc_info=db.cause(error))

    async def _look(self, look: Look) -> None:
        size, taken = _PAGE, 0
        while True:
            try:
                found = await self._take_in(look, size)
            except Exception as error:
                if not db.is_bad_data(error):
                    raise
                if size == 1:
                    await self._give_up_first(look)
                size = 1  # from here on the bad one stands alone
                continue
            if not found:
                break
            taken += found
        if taken:
            log.info("refused events taken in", portal_id=str(look.portal_id), events=taken)
            self._bell.ring(ingest.RESPOND)

    async def _take_in(self, look: Look, limit: int) -> int:
        now = self._now()
        async with self._engine.begin() as conn:
            found = await statements.refused(conn, look, now - MAX_AGE, limit)
            if found:
                events = [event for event, _ in found]
                for table in ("bitrix_inbound_events", "events"):
                    await statements.forget(conn, table, [event.id for event in events])
                parsed = [replace(ingest.parse_safely(event), token_hash=proof) for event, proof in found]
                await ingest.store(conn, events, parsed, self._seal, now, self._keeper.settings)
        return len(found)

    async def _give_up_first(self, look: Look) -> None:
        async with self._engine.begin() as conn:
            for event, _ in await statements.refused(conn, look, self._now() - MAX_AGE, 1):
                await statements.give_up(conn, event.id)
                log.error("event not storable", event_id=str(event.id), portal_id=str(look.portal_id))
