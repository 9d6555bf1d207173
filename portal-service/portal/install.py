"""The way of an install: verified, stored, the bot registered, then finalised (contract 1.2)."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from portal import changes
from portal.access import Accesses
from portal.domain import Access, Portal, VerifiedInstall
from portal.errors import NotAnAdmin
from portal.life import Move
from portal.repository import alerts, application_tokens
from portal.repository import portals as statements
from portal.rights import Rights
from portal.sessions import PortalSessions
from portal.setup import Setup
from portal.tokens import Tokens
from portal.verify import InstallClaim, Verifier

log = structlog.get_logger("install")


class Installs:
    """Takes installs in."""

    def __init__(
        self,
        engine: AsyncEngine,
        verifier: Verifier,
        rights: Rights,
        tokens: Tokens,
        setup: Setup,
        accesses: Accesses,
        sessions: PortalSessions,
        now: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._verifier = verifier
        self._rights = rights
        self._tokens = tokens
        self._setup = setup
        self._accesses = accesses
        self._sessions = sessions
        self._now = now

    async def complete(self, claim: InstallClaim) -> tuple[Portal, str]:
        """Store a verified install and make sure of the bot. Returns the portal and a session of its installer.

        Safe to repeat. Raises InstallNotVerified, TooManyAttempts, OauthUnavailable, RightsUnknown, NotAnAdmin.
        """
        install = await self._verifier.verify(claim)
        if not await self._rights.is_admin(install):
            raise NotAnAdmin(user_id=install.user_id)
        token = install.application_token
        await self._store(install, hashlib.sha256(token.encode()).digest() if token else b"")
        await self._setup.run(install.portal_id)
        portal = await self._find(install.portal_id)
        log.info("install complete", portal_id=str(portal.id), domain=portal.domain, bot=portal.bot.state)
        return portal, self._sessions.mint(portal.id, portal.member_id, install.user_id, is_admin=True)

    async def accept(self, claim: InstallClaim, application_token_hash: bytes) -> Portal:
        """Store an install that an event tells of, and make sure of the bot. Raises like `complete`."""
        install = await self._verifier.verify(claim)
        await self._store(install, application_token_hash)
        await self._setup.run(install.portal_id)
        return await self._find(install.portal_id)

    async def finalize(self, portal_id: UUID, user_ids: list[int]) -> Portal:
        """Set who may talk to the bot and make the portal active. Raises PortalNotFound."""
        async with self._engine.begin() as conn:
            await self._accesses.save(conn, portal_id, Access("list", tuple(user_ids), ()))
            await statements.move(conn, portal_id, Move.FINALIZED, self._now())
            await changes.announce(conn, portal_id)
        return await self._find(portal_id)

    async def _store(self, install: VerifiedInstall, token_hash: bytes) -> None:
        now = self._now()
        async with self._engine.begin() as conn:
            await statements.upsert(conn, install, now)
            await alerts.drop_all(conn, install.portal_id)
            await self._tokens.store(conn, install)
            if token_hash:
                await application_tokens.add(conn, install.portal_id, token_hash, now)
                await application_tokens.drop_old(conn, install.portal_id)
            await changes.announce(conn, install.portal_id)

    async def _find(self, portal_id: UUID) -> Portal:
        async with self._engine.connect() as conn:
            return await statements.get(conn, portal_id)
