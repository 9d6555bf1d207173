"""The application's life on a portal, as Bitrix24 tells it: handed on to portal, in order, until it has heard."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from kit import metrics
from kit.errors import PeerError
from kit.keyring import KeyRing
from messaging.clients.portal import PortalClient
from messaging.domain import Notice
from messaging.repository import notices as statements

log = structlog.get_logger("notices")

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 60
"""At MAX_WAIT each: most of a day. What is proven is told for ever."""
MAX_WAIT = timedelta(minutes=30)
_BATCH = 20


class Notices:
    """Tells portal."""

    def __init__(
        self, engine: AsyncEngine, portal: PortalClient, keyring: KeyRing, now: Callable[[], datetime]
    ) -> None:
        self._engine = engine
        self._portal = portal
        self._keyring = keyring
        self._now = now

    async def round(self) -> None:
        """Tell what is due, until nothing is."""
        while True:
            now = self._now()
            async with self._engine.begin() as conn:
                held = await statements.claim(conn, now, now + LEASE, _BATCH)
            await asyncio.gather(*map(self._tell, held))
            if not held:
                return

    async def _tell(self, notice: Notice) -> None:
        access_token, refresh_token = map(self._keyring.decrypt, (notice.access_token, notice.refresh_token))
        try:
            await self._portal.tell(notice, access_token, refresh_token)
        except PeerError as error:
            await self._refused(notice, error)
            return
        async with self._engine.begin() as conn:
            await statements.drop(conn, notice)
        log.info("life cycle told", member_id=notice.member_id, provider_event=notice.event)

    async def _refused(self, notice: Notice, error: PeerError) -> None:
        metrics.BACKGROUND_FAILURES.labels("notices").inc()
        log.warning(
            "life cycle not told", member_id=notice.member_id, provider_event=notice.event, reason=error.reason
        )
        # Of a source that failed too often nothing is proven later: its wizard's page installs all the same.
        is_over = error.is_final or (
            not notice.is_proven and (notice.attempts >= MAX_ATTEMPTS or error.reason == "TOO_MANY_ATTEMPTS")
        )
        wait = min(timedelta(seconds=2 ** min(notice.attempts, 12)), MAX_WAIT)
        async with self._engine.begin() as conn:
            if is_over:
                if notice.is_proven:  # the others say already that they were refused
                    await statements.note_refusal(conn, notice, error.reason.lower())
                await statements.drop(conn, notice)
            else:
                await statements.postpone(conn, notice, self._now() + wait)
