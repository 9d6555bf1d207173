"""Probes: a portal is asked for an event of its own, which proves the whole way in when it comes back."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from bitrix.client import Call
from kit import ids
from portal.errors import PortalNotFound
from portal.health import PROBE, SILENCE, Alert
from portal.repository import alerts
from portal.repository import probes as statements

_POLL_S = 0.1


def call_of(probe_id: UUID) -> Call:
    """Return the call that has a portal send ONAPPTEST with the probe's id in it (contract 1.4).

    Not repeated by itself: two events for one probe prove no more.
    """
    return Call("event.test", {"probe": probe_id.hex})


class Probes:
    """Keeps what became of probes, and what portals say of themselves."""

    def __init__(self, engine: AsyncEngine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    async def begin(self, portal_id: UUID) -> UUID:
        """Note a probe that is about to be sent; returns its id."""
        probe_id = ids.uuid7()
        async with self._engine.begin() as conn:
            await statements.begin(conn, portal_id, probe_id, self._now())
        return probe_id

    async def sent(self, portal_id: UUID, probe_id: UUID, cause: str = "") -> None:
        """Note that the portal took the probe, or why it did not."""
        async with self._engine.begin() as conn:
            await statements.sent(conn, portal_id, probe_id, cause)

    async def wait(self, portal_id: UUID, probe_id: UUID, seconds: float) -> datetime | None:
        """Return when the event came back, None when it did not in time."""
        deadline = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < deadline:
            async with self._engine.connect() as conn:
                if echoed_at := await statements.echoed_at(conn, portal_id, probe_id):
                    return echoed_at
            await asyncio.sleep(_POLL_S)
        return None

    async def heard(self, portal_id: UUID, probe: str) -> None:
        """Take a proven event of the portal; `probe` names the one that it echoes, "" where it echoes none."""
        now = self._now()
        async with self._engine.begin() as conn:
            await alerts.heard(conn, portal_id, now)
            await alerts.drop(conn, portal_id, PROBE)
            if probe_id := _id(probe):
                await statements.echo(conn, portal_id, probe_id, now)

    async def report(
        self, portal_id: UUID, last_message_at: datetime | None, *, is_silent: bool, expected: float
    ) -> None:
        """Take what messaging sees of a portal's people. Raises PortalNotFound."""
        async with self._engine.begin() as conn:
            if not await alerts.heard(conn, portal_id, last_message_at):
                raise PortalNotFound(portal_id=portal_id)
            if is_silent:
                cause = f"Nobody has written in {expected:.0f} hours in which people of this portal usually do."
                since = last_message_at or self._now()
                await alerts.put(conn, portal_id, Alert(SILENCE, False, cause, since))
            else:
                await alerts.drop(conn, portal_id, SILENCE)


def _id(probe: str) -> UUID | None:
    try:
        return UUID(hex=probe)
    except ValueError:
        return None
