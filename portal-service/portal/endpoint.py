"""Where a portal answers: a portal may be renamed, and only the OAuth server says to what (contract 2.4)."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from bitrix.errors import BitrixError, Kind
from bitrix.oauth import AppInfo, OAuthServer
from portal import changes
from portal.domain import StoredToken, base_of
from portal.errors import OauthUnavailable
from portal.repository import portals as statements
from portal.tokens import Tokens

log = structlog.get_logger("endpoint")

_TOKEN_IS_OLD = {Kind.TOKEN, Kind.REQUEST, Kind.UNINSTALLED}
"""The OAuth server has no one code for an expired token (contract 1.5)."""


class Endpoints:
    """Keeps portals' addresses true."""

    def __init__(
        self, engine: AsyncEngine, oauth: OAuthServer, tokens: Tokens, now: Callable[[], datetime]
    ) -> None:
        self._engine = engine
        self._oauth = oauth
        self._tokens = tokens
        self._now = now

    async def confirm(self, portal_id: UUID) -> str:
        """Ask where a portal answers now, store and tell it. Returns the base of its REST.

        Raises NoCredential, TokenRefused, OauthUnavailable.
        """
        token = await self._tokens.current(portal_id)
        info = await self._ask(token)
        if info is None:
            info = await self._ask(await self._tokens.refreshed(portal_id, token.generation))
        if info is None or info.member_id != token.member_id:
            raise OauthUnavailable(code="endpoint_not_confirmed")
        endpoint = base_of(info.client_endpoint)
        async with self._engine.begin() as conn:
            if await statements.set_endpoint(conn, portal_id, endpoint, info.domain.lower(), self._now()):
                await changes.announce(conn, portal_id)
                log.info("portal moved", portal_id=str(portal_id), domain=info.domain)
        return endpoint

    async def _ask(self, token: StoredToken) -> AppInfo | None:
        """Return what the OAuth server says, None when it does not know this token (any more)."""
        try:
            return await self._oauth.app_info(token.access_token, token.server_endpoint)
        except BitrixError as error:
            if error.kind in _TOKEN_IS_OLD:
                return None
            raise OauthUnavailable(code=error.code) from None
