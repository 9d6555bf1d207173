"""A portal's application token, learned from an event (contract 1.4).

An install may bring none, and an update a new one.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from portal import changes
from portal.domain import portal_id_of
from portal.errors import NotAnAdmin, PortalNotFound
from portal.life import GONE
from portal.repository import application_tokens, tokens
from portal.repository import portals as statements
from portal.rights import Rights
from portal.verify import Verifier

log = structlog.get_logger("adopt")


@dataclass
class EventClaim:
    """What an event says of itself, as a claim to verify."""

    member_id: str
    access_token: str = field(repr=False)
    server_endpoint: str
    remote_ip: str
    refresh_token: str = ""
    expires_in: int = 0
    application_token: str = ""


class ApplicationTokens:
    """Learns application tokens."""

    def __init__(
        self, engine: AsyncEngine, verifier: Verifier, rights: Rights, now: Callable[[], datetime]
    ) -> None:
        self._engine = engine
        self._verifier = verifier
        self._rights = rights
        self._now = now

    async def adopt(self, member_id: str, access_token: str, token_hash: bytes, remote_ip: str) -> None:
        """Make a token one of the portal's, when the OAuth server confirms the access token that came with it.

        Any employee has an access token, and who chooses the application token forges events of colleagues: a
        portal that has one takes another from an administrator only. Raises PortalNotFound, InstallNotVerified,
        NotAnAdmin, RightsUnknown, TooManyAttempts, OauthUnavailable.
        """
        portal_id = portal_id_of(member_id)
        async with self._engine.connect() as conn:
            portal = await statements.find(conn, portal_id)
            known = await application_tokens.of_portal(conn, portal_id)
            region = await tokens.server_endpoint(conn, portal_id)
        if portal is None or portal.state in GONE:
            raise PortalNotFound(portal_id=portal_id)
        if token_hash in known:
            return
        install = await self._verifier.verify(EventClaim(member_id, access_token, region, remote_ip))
        if known and not await self._rights.is_admin(install):
            raise NotAnAdmin(user_id=install.user_id)
        async with self._engine.begin() as conn:
            await application_tokens.add(conn, portal_id, token_hash, self._now())
            await application_tokens.drop_old(conn, portal_id)
            await changes.announce(conn, portal_id)
        log.info("application token adopted", portal_id=str(portal_id), user_id=install.user_id, first=not known)
