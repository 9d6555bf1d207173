"""Portals that the vendor's staff makes known before their install, and deletes. Every change is audited."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from bitrix.errors import BitrixError
from kit.errors import DomainError
from portal.bot import Bots
from portal.domain import Actor, Portal, portal_id_of
from portal.errors import PortalExists
from portal.remove import Removals
from portal.repository import audit
from portal.repository import portals as statements

log = structlog.get_logger("register")


class Registrations:
    """Makes portals known and deletes them."""

    def __init__(self, engine: AsyncEngine, bots: Bots, removals: Removals, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._bots = bots
        self._removals = removals
        self._now = now

    async def create(self, member_id: str, domain: str, actor: Actor) -> Portal:
        """Make a portal known; nobody is called before its install is verified. Raises PortalExists."""
        portal_id, now = portal_id_of(member_id), self._now()
        async with self._engine.begin() as conn:
            if not await statements.create(conn, portal_id, member_id, domain.lower(), now):
                raise PortalExists(portal_id=portal_id)
            after = {"member_id": member_id, "domain": domain.lower()}
            await audit.write(conn, actor, "portal.create", portal_id, before={}, after=after, now=now)
        return await self._find(portal_id)

    async def delete(self, portal_id: UUID, actor: Actor) -> Portal:
        """Take the bot away and have everybody delete what they know of the portal's people.

        A portal that cannot be reached keeps a mute bot, and its people's data is deleted all the same.
        Raises PortalNotFound.
        """
        before = await self._find(portal_id)
        try:
            await self._bots.unregister(before)
        except (BitrixError, DomainError) as error:
            log.warning("bot not taken away", portal_id=str(portal_id), error=str(error))
        async with self._engine.begin() as conn:
            await self._removals.remove(conn, portal_id, clean=True)
            told = {"status": before.state, "domain": before.domain, "member_id": before.member_id}
            await audit.write(conn, actor, "portal.delete", portal_id, before=told, after={}, now=self._now())
        return await self._find(portal_id)

    async def _find(self, portal_id: UUID) -> Portal:
        async with self._engine.connect() as conn:
            return await statements.get(conn, portal_id)
