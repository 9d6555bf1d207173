"""The portal context: tokens to send with, and its change feed."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC
from uuid import UUID

import grpc

from bitrix.client import Credential
from kit.rpc import call
from teachbase.portal.v1 import portal_pb2 as pb
from teachbase.portal.v1.portal_pb2_grpc import PortalServiceStub

PEER = "portal"
_TIMEOUT_S = 5.0
_REFRESH_TIMEOUT_S = 20.0
_KEEP_S = 300.0


@dataclass(frozen=True)
class Token:
    """What a send needs. `generation` names the token in a later refusal."""

    credential: Credential = field(repr=False)
    generation: int
    bot_id: int


class PortalClient:
    """Asks portal; keeps tokens for minutes, until they are refused or the portal changes."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = PortalServiceStub(channel)
        self._kept: dict[UUID, tuple[float, Token]] = {}

    async def token(self, portal_id: UUID) -> Token:
        """Return the portal's token. Raises PeerError."""
        kept = self._kept.get(portal_id)
        if kept and kept[0] > time.monotonic():
            return kept[1]
        request = pb.GetAccessTokenRequest(portal_id=str(portal_id))
        answer = await call(self._stub.GetAccessToken, request, peer=PEER, timeout=_TIMEOUT_S)
        return self._keep(portal_id, answer.token)

    async def refreshed(self, portal_id: UUID, refused: Token) -> Token:
        """Return a token newer than one that Bitrix24 refused. Raises PeerError."""
        self.forget(portal_id)
        request = pb.RefreshAccessTokenRequest(portal_id=str(portal_id), refused_generation=refused.generation)
        answer = await call(self._stub.RefreshAccessToken, request, peer=PEER, timeout=_REFRESH_TIMEOUT_S)
        return self._keep(portal_id, answer.token)

    def forget(self, portal_id: UUID) -> None:
        """Ask again next time."""
        self._kept.pop(portal_id, None)

    async def watch(self, cursor: int) -> AsyncIterator[pb.WatchPortalsResponse]:
        """Yield pages of the change feed after a cursor, for ever."""
        async for page in self._stub.WatchPortals(pb.WatchPortalsRequest(cursor=cursor)):
            yield page

    def _keep(self, portal_id: UUID, token: pb.AccessToken) -> Token:
        kept = Token(
            Credential(token.member_id, token.client_endpoint, token.access_token), token.generation, token.bot_id
        )
        until_expiry = token.expires_at.ToDatetime(tzinfo=UTC).timestamp() - time.time()
        self._kept[portal_id] = (time.monotonic() + max(0.0, min(_KEEP_S, until_expiry)), kept)
        return kept
