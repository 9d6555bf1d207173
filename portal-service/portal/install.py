"""The way of an install: verified, stored, the bot registered, then finalised (contract 1.2)."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from bitrix.errors import BitrixError
from bitrix.events import as_flag, as_map
from portal import changes
from portal.access import Accesses
from portal.bot import Bots
from portal.clients.rest import PortalRest
from portal.domain import Access, Portal, VerifiedInstall
from portal.errors import NotAnAdmin, PortalNotFound, RightsUnknown
from portal.repository import portals as statements
from portal.sessions import PortalSessions
from portal.tokens import Tokens
from portal.verify import InstallClaim, Verifier

log = structlog.get_logger("install")


class Installs:
    """Takes installs in."""

    def __init__(
        self,
        engine: AsyncEngine,
        verifier: Verifier,
        rest: PortalRest,
        tokens: Tokens,
        bots: Bots,
        accesses: Accesses,
        sessions: PortalSessions,
        now: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._verifier = verifier
        self._rest = rest
        self._tokens = tokens
        self._bots = bots
        self._accesses = accesses
        self._sessions = sessions
        self._now = now

    async def complete(self, claim: InstallClaim) -> tuple[Portal, str]:
        """Store a verified install and make sure of the bot. Returns the portal and a session of its installer.

        Safe to repeat. Raises InstallNotVerified, TooManyAttempts, OauthUnavailable, RightsUnknown, NotAnAdmin.
        """
        install = await self._verifier.verify(claim)
        if not await self._is_admin(install):
            raise NotAnAdmin(user_id=install.user_id)
        await self._store(install)
        await self._bots.ensure(install.portal_id)
        portal = await self._find(install.portal_id)
        log.info("install complete", portal_id=str(portal.id), domain=portal.domain, bot=portal.bot.state)
        return portal, self._sessions.mint(portal.id, portal.member_id, install.user_id, is_admin=True)

    async def finalize(self, portal_id: UUID, user_ids: list[int]) -> Portal:
        """Set who may talk to the bot and make the portal active. Raises PortalNotFound."""
        async with self._engine.begin() as conn:
            await self._accesses.save(conn, portal_id, Access("list", tuple(user_ids), ()))
            await statements.activate(conn, portal_id, self._now())
            await changes.announce(conn, portal_id)
        return await self._find(portal_id)

    async def _store(self, install: VerifiedInstall) -> None:
        now = self._now()
        async with self._engine.begin() as conn:
            await statements.upsert(conn, install, now)
            await self._tokens.store(conn, install)
            if install.application_token:
                token_hash = hashlib.sha256(install.application_token.encode()).digest()
                await statements.add_application_token(conn, install.portal_id, token_hash, now)
                await statements.drop_old_application_tokens(conn, install.portal_id)
            await changes.announce(conn, install.portal_id)

    async def _is_admin(self, install: VerifiedInstall) -> bool:
        """Ask one method, then the other: either may lack its scope. Raises RightsUnknown when neither answers."""
        by_role = await self._ask(install, "user.admin", as_flag)
        if by_role is True:
            return True
        by_profile = await self._ask(install, "profile", _admin_flag)
        if isinstance(by_role, str) and isinstance(by_profile, str):
            raise RightsUnknown(user_id=install.user_id, code=by_profile)
        return by_profile is True

    async def _ask(self, install: VerifiedInstall, method: str, read: Callable[[Any], bool]) -> bool | str:
        """Return what a method says, or the code of its failure."""
        try:
            answer = await self._rest.call_as(
                install.member_id, install.client_endpoint, install.access_token, method, {}
            )
        except BitrixError as error:
            log.warning("rights not learned", portal_id=str(install.portal_id), method=method, code=error.code)
            return error.code
        return read(answer)

    async def _find(self, portal_id: UUID) -> Portal:
        async with self._engine.connect() as conn:
            portal = await statements.find(conn, portal_id)
        if portal is None:
            raise PortalNotFound(portal_id=portal_id)
        return portal


def _admin_flag(profile: Any) -> bool:
    return as_flag(as_map(profile).get("ADMIN"))
