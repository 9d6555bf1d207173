"""The portal context: its change feed, and application tokens it may learn from events."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import grpc
import orjson

from kit import ids
from kit.pb import moment
from kit.rpc import call
from messaging.domain import Notice
from teachbase.portal.v1 import diagnosis_pb2 as diagnosis
from teachbase.portal.v1 import feed_pb2, tokens_pb2
from teachbase.portal.v1.diagnosis_pb2_grpc import DiagnosisServiceStub
from teachbase.portal.v1.service_pb2_grpc import PortalServiceStub

PEER = "portal"
_REPORT_TIMEOUT_S = 5.0
_ADOPT_TIMEOUT_S = 15.0
_LIFE_TIMEOUT_S = 50.0
_FETCH_TIMEOUT_S = 45.0


class PortalClient:
    """Listens to portal."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = PortalServiceStub(channel)
        self._diagnosis = DiagnosisServiceStub(channel)

    async def adopt(self, member_id: str, access_token: str, token_hash: bytes, remote_ip: str) -> None:
        """Have portal learn an event's application token, if the event can be verified. Raises PeerError."""
        request = tokens_pb2.AdoptApplicationTokenRequest(
            member_id=member_id,
            access_token=access_token,
            application_token_hash=token_hash,
            remote_ip=remote_ip,
        )
        await call(self._stub.AdoptApplicationToken, request, peer=PEER, timeout=_ADOPT_TIMEOUT_S)

    async def tell(self, notice: Notice, access_token: str, refresh_token: str) -> None:
        """Tell portal of an event of the application's life. Raises PeerError."""
        request = feed_pb2.HandleLifeCycleRequest(
            member_id=notice.member_id,
            event=notice.event,
            is_proven=notice.is_proven,
            clean=notice.clean,
            application_token_hash=notice.token_hash,
            access_token=access_token,
            refresh_token=refresh_token,
            expires_in=notice.expires_in,
            server_endpoint=notice.server_endpoint,
            remote_ip=notice.remote_ip,
            trace_id=notice.id.hex,
            received_at=moment(ids.time_of(notice.id)),
            probe=notice.probe,
        )
        await call(self._stub.HandleLifeCycle, request, peer=PEER, timeout=_LIFE_TIMEOUT_S)

    async def fetch_events(self, portal_id: UUID, offset: int, limit: int) -> Any:
        """Return the next page of a portal's events, as Bitrix24 gives it. Raises PeerError."""
        request = feed_pb2.FetchEventsRequest(portal_id=str(portal_id), offset=offset, limit=limit)
        answer = await call(self._stub.FetchEvents, request, peer=PEER, timeout=_FETCH_TIMEOUT_S)
        return orjson.loads(answer.page)

    async def report_traffic(
        self, portal_id: UUID, last_message_at: datetime | None, *, is_silent: bool, expected: float
    ) -> None:
        """Tell portal when somebody wrote last, and whether silence since is unusual. Raises PeerError."""
        request = diagnosis.ReportTrafficRequest(
            portal_id=str(portal_id),
            last_message_at=moment(last_message_at),
            is_silent=is_silent,
            expected=expected,
        )
        await call(self._diagnosis.ReportTraffic, request, peer=PEER, timeout=_REPORT_TIMEOUT_S)

    async def report_purge(self, portal_id: UUID, asked_at: datetime, deleted: Mapping[str, int]) -> None:
        """Tell portal what this context has deleted of a portal. Raises PeerError."""
        request = feed_pb2.ReportPurgeRequest(
            portal_id=str(portal_id), asked_at=moment(asked_at), context="messaging", deleted=deleted
        )
        await call(self._stub.ReportPurge, request, peer=PEER, timeout=_REPORT_TIMEOUT_S)

    async def watch(self, cursor: int) -> AsyncIterator[feed_pb2.WatchPortalsResponse]:
        """Yield pages of the change feed after a cursor, for ever."""
        async for page in self._stub.WatchPortals(feed_pb2.WatchPortalsRequest(cursor=cursor)):
            yield page
