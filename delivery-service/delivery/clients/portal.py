"""The portal context: tokens to send with, and its change feed."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID

import grpc
import structlog

from bitrix.client import Credential
from delivery.domain import Bot
from kit.pb import moment
from kit.rpc import call
from teachbase.portal.v1 import feed_pb2, tokens_pb2
from teachbase.portal.v1 import portal_pb2 as pb
from teachbase.portal.v1.service_pb2_grpc import PortalServiceStub

log = structlog.get_logger("portal")

PEER = "portal"
_REPORT_TIMEOUT_S = 5.0
_TIMEOUT_S = 5.0
_REFRESH_TIMEOUT_S = 20.0
_KEEP_S = 300.0


@dataclass(frozen=True)
class Token:
    """What a send needs. `generation` names the token in a later refusal."""

    credential: Credential = field(repr=False)
    generation: int
    bot: Bot


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
        request = tokens_pb2.GetAccessTokenRequest(portal_id=str(portal_id))
        answer = await call(self._stub.GetAccessToken, request, peer=PEER, timeout=_TIMEOUT_S)
        return self._keep(portal_id, answer.token)

    async def refreshed(self, portal_id: UUID, refused: Token) -> Token:
        """Return a token newer than one that Bitrix24 refused. Raises PeerError."""
        self.forget(portal_id)
        request = tokens_pb2.RefreshAccessTokenRequest(
            portal_id=str(portal_id), refused_generation=refused.generation
        )
        answer = await call(self._stub.RefreshAccessToken, request, peer=PEER, timeout=_REFRESH_TIMEOUT_S)
        return self._keep(portal_id, answer.token)

    async def confirm_endpoint(self, portal_id: UUID) -> str:
        """Have portal ask the OAuth server where a portal answers now, and return that. Raises PeerError."""
        self.forget(portal_id)
        request = tokens_pb2.ConfirmEndpointRequest(portal_id=str(portal_id))
        answer = await call(self._stub.ConfirmEndpoint, request, peer=PEER, timeout=_REFRESH_TIMEOUT_S)
        return answer.client_endpoint

    def forget(self, portal_id: UUID) -> None:
        """Ask again next time."""
        self._kept.pop(portal_id, None)

    async def report_purge(self, portal_id: UUID, asked_at: datetime, deleted: Mapping[str, int]) -> None:
        """Tell portal what this context has deleted of a portal. Raises PeerError."""
        request = feed_pb2.ReportPurgeRequest(
            portal_id=str(portal_id), asked_at=moment(asked_at), context="delivery", deleted=deleted
        )
        await call(self._stub.ReportPurge, request, peer=PEER, timeout=_REPORT_TIMEOUT_S)

    async def watch(self, cursor: int) -> AsyncIterator[feed_pb2.WatchPortalsResponse]:
        """Yield pages of the change feed after a cursor, for ever."""
        async for page in self._stub.WatchPortals(feed_pb2.WatchPortalsRequest(cursor=cursor)):
            yield page

    def _keep(self, portal_id: UUID, token: tokens_pb2.AccessToken) -> Token:
        kept = Token(
            Credential(token.member_id, token.client_endpoint, token.access_token),
            token.generation,
            Bot(token.bot_id, is_classic=token.bot_api == pb.BOT_API_V1),
        )
        until_expiry = token.expires_at.ToDatetime(tzinfo=UTC).timestamp() - time.time()
        self._kept[portal_id] = (time.monotonic() + max(0.0, min(_KEEP_S, until_expiry)), kept)
        return kept


class LaneTokens:
    """The credential of one portal for the sends of one turn: what `bitrix.rest` asks for. Raises PeerError."""

    def __init__(self, portal: PortalClient, portal_id: UUID, token: Token) -> None:
        self._portal = portal
        self._portal_id = portal_id
        self._token = token
        self._remedy = asyncio.Lock()

    @property
    def bot(self) -> Bot:
        """The portal's bot."""
        return self._token.bot

    async def get(self) -> Credential:
        """Return the credential as it is."""
        return self._token.credential

    async def refresh_after(self, stale: Credential) -> Credential:
        """Return a newer one; a refresh that another send of the turn has caused serves this one too."""
        async with self._remedy:
            if self._token.credential.access_token == stale.access_token:
                self._token = await self._portal.refreshed(self._portal_id, self._token)
            return self._token.credential

    async def moved(self, stale: Credential, client_endpoint: str) -> Credential:
        """Return the credential at the address that the OAuth server confirms; no other gets it."""
        async with self._remedy:
            current = self._token.credential
            if current.client_endpoint == stale.client_endpoint:
                confirmed = await self._portal.confirm_endpoint(self._portal_id)
                log.info("portal moved", portal_id=str(self._portal_id), named=client_endpoint, to=confirmed)
                self._token = replace(self._token, credential=replace(current, client_endpoint=confirmed))
            return self._token.credential
