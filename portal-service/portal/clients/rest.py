"""Calls of a portal's REST: within its rate budget, with a live token, at the address that was confirmed."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from bitrix.batch import Outcome
from bitrix.client import Answer, BitrixClient, Call, Credential
from bitrix.decisions import failure
from bitrix.limiter import Limiter, Priority
from bitrix.rest import Rest
from portal.domain import StoredToken
from portal.endpoint import Endpoints
from portal.tokens import Tokens

PATIENCE_S = 20.0
"""How long a call may wait for the budget and before repeats: somebody watches an install or a button."""


class PortalRest:
    """The REST of any portal, as its newest credential."""

    def __init__(
        self, rest: Rest, client: BitrixClient, limiter: Limiter, tokens: Tokens, endpoints: Endpoints
    ) -> None:
        self._rest = rest
        self._client = client
        self._limiter = limiter
        self._tokens = tokens
        self._endpoints = endpoints

    async def call(
        self, portal_id: UUID, method: str, params: dict[str, Any], *, is_idempotent: bool = False
    ) -> Any:
        """Return a method's result. Raises BitrixError, NoCredential, OauthUnavailable, TokenRefused."""
        return (await self.ask(portal_id, Call(method, params, is_idempotent))).result

    async def ask(
        self,
        portal_id: UUID,
        call: Call,
        *,
        patience_s: float = PATIENCE_S,
        priority: Priority = Priority.INTERACTIVE,
    ) -> Answer:
        """Return a method's answer, with what it says of further pages. Raises like `call`."""
        tokens = _Newest(self._tokens, self._endpoints, portal_id)
        return await self._rest.call(tokens, call, patience_s=patience_s, priority=priority)

    async def batch(self, portal_id: UUID, calls: Sequence[Call]) -> list[Outcome]:
        """Return how each call ended, in as few requests as may be. Raises NoCredential, TokenRefused."""
        tokens = _Newest(self._tokens, self._endpoints, portal_id)
        return await self._rest.batch(tokens, calls, patience_s=PATIENCE_S)

    async def batch_as(self, credential: Credential, calls: Sequence[Call], patience_s: float) -> list[Outcome]:
        """Return how each call ended with this very credential, which is neither refreshed nor moved."""
        return await self._rest.batch(_Fixed(credential), calls, patience_s=patience_s)

    async def member_of(self, portal_id: UUID) -> str:
        """Return the member_id of a portal. Raises NoCredential, TokenRefused."""
        return (await self._tokens.current(portal_id)).member_id

    async def call_as(
        self, member_id: str, client_endpoint: str, access_token: str, method: str, params: dict[str, Any]
    ) -> Any:
        """Return a method's result for a token that is not stored (yet). Raises BitrixError."""
        ends_at = asyncio.get_running_loop().time() + PATIENCE_S
        await self._limiter.wait(member_id, ends_at, Priority.INTERACTIVE, (method,))
        return await self._client.call(Credential(member_id, client_endpoint, access_token), method, params)


class _Fixed:
    """A credential as it is: what the portal says to it is the answer that is wanted."""

    def __init__(self, credential: Credential) -> None:
        self._credential = credential

    async def get(self) -> Credential:
        return self._credential

    async def refresh_after(self, stale: Credential) -> Credential:
        raise failure("invalid_token", status=401, portal=stale.member_id)

    async def moved(self, stale: Credential, client_endpoint: str) -> Credential:
        raise failure("portal_renamed", status=302, portal=stale.member_id, description=client_endpoint)


class _Newest:
    """The newest credential of a portal: what `bitrix.rest` asks for."""

    def __init__(self, tokens: Tokens, endpoints: Endpoints, portal_id: UUID) -> None:
        self._tokens = tokens
        self._endpoints = endpoints
        self._portal_id = portal_id
        self._generation = 0

    async def get(self) -> Credential:
        return self._take(await self._tokens.current(self._portal_id))

    async def refresh_after(self, stale: Credential) -> Credential:  # noqa: ARG002 - the generation names it
        return self._take(await self._tokens.refreshed(self._portal_id, self._generation))

    async def moved(self, stale: Credential, client_endpoint: str) -> Credential:  # noqa: ARG002 - only a claim
        return replace(stale, client_endpoint=await self._endpoints.confirm(self._portal_id))

    def _take(self, token: StoredToken) -> Credential:
        self._generation = token.generation
        return Credential(token.member_id, token.client_endpoint, token.access_token)
