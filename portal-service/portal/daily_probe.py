"""The inbound proof: every portal in service is probed once a day, each at a time of its own.

The rows are the schedule, so that several workers share it and a restart forgets nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from bitrix.errors import BitrixError, Kind
from bitrix.limiter import Priority
from kit import db, metrics
from kit.errors import DomainError
from portal.clients.rest import PortalRest
from portal.health import PROBE, Alert
from portal.probes import Probes, call_of
from portal.repository import alerts
from portal.repository import probes as statements

log = structlog.get_logger("daily_probe")

ECHO_WITHIN = timedelta(minutes=10)
"""Events travel by a queue (contract 5.1): a probe that is not back by then is not coming."""
AGAIN_AFTER = timedelta(hours=1)
"""When a portal did not take the probe for a reason that may pass."""
LEASE = timedelta(minutes=5)
KEPT = timedelta(days=90)
_AT_ONCE = 20
_MAY_PASS = {Kind.THROTTLE, Kind.TRANSPORT, Kind.UNKNOWN, Kind.SERVER}
_DAY_S = 86_400


def next_slot(portal_id: UUID, now: datetime) -> datetime:
    """Return when a portal is probed next: the second of the day that its id names, in UTC."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    slot = midnight + timedelta(seconds=portal_id.int % _DAY_S)
    return slot if slot > now else slot + timedelta(days=1)


class DailyProbes:
    """Probes portals and raises an alert for those that stay silent."""

    def __init__(
        self,
        engine: AsyncEngine,
        rest: PortalRest,
        probes: Probes,
        look_at_payment: Callable[[UUID], Awaitable[None]],
        now: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._rest = rest
        self._probes = probes
        self._look_at_payment = look_at_payment
        self._now = now

    async def round(self) -> None:
        """Probe whoever is due, and give up the probes that did not come back."""
        while due := await self._claim():
            await asyncio.gather(*map(self._try, due))
        await self._give_up()

    async def _claim(self) -> list[UUID]:
        """Take portals that are due; one that is new is given its time of the day first."""
        while True:
            now = self._now()
            async with self._engine.begin() as conn:
                taken = await statements.claim(conn, now, now + LEASE, _AT_ONCE)
                new = {one.portal_id: next_slot(one.portal_id, now) for one in taken if one.was_due is None}
                if new:
                    await statements.schedule(conn, new)
            due = [one.portal_id for one in taken if one.was_due]
            if due or not taken:
                return due

    async def _try(self, portal_id: UUID) -> None:
        try:
            await self._probe(portal_id)
            # A subscription that ends is told by nobody: events just stop (contract 8).
            await self._look_at_payment(portal_id)
        except Exception as error:
            metrics.BACKGROUND_FAILURES.labels("daily_probe").inc()
            log.warning("not probed", portal_id=str(portal_id), error=repr(error), exc_info=db.cause(error))

    async def _probe(self, portal_id: UUID) -> None:
        probe_id = await self._probes.begin(portal_id)
        code, may_pass = await self._ask(portal_id, probe_id)
        await self._probes.sent(portal_id, probe_id, code)
        now = self._now()
        next_at = now + AGAIN_AFTER if may_pass else next_slot(portal_id, now)
        async with self._engine.begin() as conn:
            await statements.schedule(conn, {portal_id: next_at})
            if code:
                cause = f"The portal did not take a request for a test event ({code})."
                await alerts.put(conn, portal_id, Alert(PROBE, not may_pass, cause, now))
        log.info("probed", portal_id=str(portal_id), code=code)

    async def _ask(self, portal_id: UUID, probe_id: UUID) -> tuple[str, bool]:
        """Have the portal send an event. Returns why it does not ("" = it does), and whether that may pass."""
        try:
            await self._rest.ask(portal_id, call_of(probe_id), priority=Priority.BULK)
        except BitrixError as error:
            return error.code, error.kind in _MAY_PASS
        except DomainError as error:
            return error.reason, error.reason == "OAUTH_UNAVAILABLE"
        return "", False

    async def _give_up(self) -> None:
        now = self._now()
        async with self._engine.begin() as conn:
            for portal_id, asked_at in await statements.give_up(conn, now - ECHO_WITHIN):
                cause = f"The test event asked for at {asked_at:%Y-%m-%d %H:%M} UTC did not come back."
                await alerts.put(conn, portal_id, Alert(PROBE, True, cause, asked_at))
            await statements.forget(conn, now - KEPT)
