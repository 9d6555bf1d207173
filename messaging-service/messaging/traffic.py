"""How much portals' people write: counted hour by hour, and portal told where they have fallen silent.

Once an hour for each portal, by rows that several workers share; ingest writes nothing for it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from kit import db, metrics
from kit.errors import PeerError
from messaging import silence
from messaging.clients.portal import PortalClient
from messaging.repository import traffic as statements
from messaging.repository.traffic import Watched
from messaging.silence import Silence

log = structlog.get_logger("traffic")

EVERY = timedelta(hours=1)
LEASE = timedelta(minutes=5)
_BATCH = 50


class Traffic:
    """Watches portals' traffic."""

    def __init__(self, engine: AsyncEngine, portal: PortalClient, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._portal = portal
        self._now = now

    async def round(self) -> None:
        """Look at every portal that is due; none suffers from another."""
        while True:
            now = self._now()
            async with self._engine.begin() as conn:
                taken = await statements.claim(conn, now, now + LEASE, _BATCH)
            for one in taken:
                try:
                    await self._look(one)
                except Exception as error:
                    metrics.BACKGROUND_FAILURES.labels("traffic").inc()
                    log.warning("traffic not looked at", portal_id=str(one.portal_id), exc_info=db.cause(error))
            if not taken:
                return

    async def silence_of(self, portal_id: UUID) -> Silence:
        """Return how unusual a portal's silence is by now."""
        now = self._now()
        async with self._engine.connect() as conn:
            hours = await statements.hours(conn, portal_id)
            last_at = await statements.last_message_at(conn, portal_id)
        return silence.judge(hours, last_at, now)

    async def _look(self, one: Watched) -> None:
        now = self._now()
        counted_until = silence.hour_of(now)
        async with self._engine.begin() as conn:
            since = one.counted_until or silence.hour_of(now - silence.HISTORY)
            await statements.count(conn, one.portal_id, since, counted_until)
        found = await self.silence_of(one.portal_id)
        is_news = bool(found.since) and found.since != one.told_until
        if found.is_unusual or one.was_silent or is_news:
            await self._tell(one.portal_id, found)
        async with self._engine.begin() as conn:
            if found.since:  # what its judgement does not look at
                await statements.forget(conn, one.portal_id, found.since - silence.HISTORY - EVERY)
            await statements.settle(
                conn,
                one.portal_id,
                due_at=now + EVERY,
                counted_until=counted_until,
                told_until=found.since,
                is_silent=found.is_unusual,
            )

    async def _tell(self, portal_id: UUID, found: Silence) -> None:
        try:
            await self._portal.report_traffic(
                portal_id, found.since, is_silent=found.is_unusual, expected=found.expected_hours
            )
        except PeerError as error:
            if not error.is_final:
                raise
            log.warning("traffic not told", portal_id=str(portal_id), reason=error.reason)
