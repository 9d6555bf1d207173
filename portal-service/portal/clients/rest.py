"""Calls of a portal's REST: within its rate budget, and once more after a refused token."""

import asyncio
from typing import Any
from uuid import UUID

from bitrix.client import BitrixClient, Credential
from bitrix.errors import BitrixError, Kind
from bitrix.limiter import Limiter
from portal.domain import StoredToken
from portal.tokens import Tokens

MAX_WAIT_S = 20.0


class PortalRest:
    """The REST of any portal, as its newest credential."""

    def __init__(self, client: BitrixClient, limiter: Limiter, tokens: Tokens) -> None:
        self._client = client
        self._limiter = limiter
        self._tokens = tokens

    async def call(self, portal_id: UUID, method: str, params: dict[str, Any]) -> Any:
        """Return a method's result. Raises BitrixError, NoCredential, OauthUnavailable, TokenRefused."""
        token = await self._tokens.current(portal_id)
        try:
            return await self._call(token, method, params)
        except BitrixError as error:
            if error.kind is not Kind.TOKEN:
                raise
        token = await self._tokens.refreshed(portal_id, token.generation)
        return await self._call(token, method, params)

    async def call_as(
        self, member_id: str, client_endpoint: str, access_token: str, method: str, params: dict[str, Any]
    ) -> Any:
        """Return a method's result for a token that is not stored (yet). Raises BitrixError."""
        await self._wait(member_id)
        return await self._client.call(Credential(member_id, client_endpoint, access_token), method, params)

    async def _call(self, token: StoredToken, method: str, params: dict[str, Any]) -> Any:
        return await self.call_as(token.member_id, token.client_endpoint, token.access_token, method, params)

    async def _wait(self, member_id: str) -> None:
        waited = 0.0
        while not (grant := await self._limiter.take(member_id)).count:
            waited += grant.wait_s
            if waited > MAX_WAIT_S:
                raise BitrixError(Kind.THROTTLE, "rate_budget_used_up")
            await asyncio.sleep(grant.wait_s)
