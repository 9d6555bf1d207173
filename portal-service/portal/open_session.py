"""Who opened the app's page, and a session for them (contract 6.3)."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from portal import changes
from portal.domain import Portal, PortalUser, VerifiedInstall
from portal.life import GONE
from portal.repository import application_tokens
from portal.repository import portals as statements
from portal.rights import Rights
from portal.sessions import PORTAL_LIFE, PortalSessions
from portal.tokens import Tokens
from portal.verify import InstallClaim, Verifier

log = structlog.get_logger("session")


@dataclass(frozen=True)
class OpenedSession:
    """A user who opened the app; `portal` and `portal_token` only where the app is installed."""

    origin: str
    user: PortalUser
    portal: Portal | None = None
    portal_token: str = field(default="", repr=False)
    expires_in: int = 0


class PageSessions:
    """Begins and renews sessions of the portal app."""

    def __init__(
        self,
        engine: AsyncEngine,
        verifier: Verifier,
        rights: Rights,
        tokens: Tokens,
        sessions: PortalSessions,
        now: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._verifier = verifier
        self._rights = rights
        self._tokens = tokens
        self._sessions = sessions
        self._now = now

    async def open(self, claim: InstallClaim) -> OpenedSession:
        """Verify a user by the token that came with the page.

        An administrator's tokens are stored: that is how a portal whose credential died gets a live one.
        Raises InstallNotVerified, TooManyAttempts, OauthUnavailable, RightsUnknown.
        """
        install = await self._verifier.verify(claim)
        user = await self._rights.user(install)
        parts = urlsplit(install.client_endpoint)
        origin = f"{parts.scheme}://{parts.netloc}"
        async with self._engine.connect() as conn:
            portal = await statements.find(conn, install.portal_id)
        if portal is None or portal.state in GONE:
            return OpenedSession(origin, user)
        if user.is_admin:
            await self._keep(install)
        token = self._sessions.mint(portal.id, portal.member_id, user.id, is_admin=user.is_admin)
        return OpenedSession(origin, user, portal, token, int(PORTAL_LIFE.total_seconds()))

    async def _keep(self, install: VerifiedInstall) -> None:
        now = self._now()
        async with self._engine.begin() as conn:
            await self._tokens.store(conn, install)
            await statements.set_endpoint(conn, install.portal_id, install.client_endpoint, install.domain, now)
            if install.application_token:
                token_hash = hashlib.sha256(install.application_token.encode()).digest()
                await application_tokens.add(conn, install.portal_id, token_hash, now)
                await application_tokens.drop_old(conn, install.portal_id)
            await changes.announce(conn, install.portal_id)
