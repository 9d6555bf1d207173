"""The billing context: whether an answer is allowed, and that it was given."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from uuid import UUID

import grpc

from kit.pb import to_datetime
from kit.rpc import call
from messaging.domain import ModelCall, Question, Quota
from teachbase.billing.v1 import billing_pb2 as pb
from teachbase.billing.v1.billing_pb2_grpc import BillingServiceStub

PEER = "billing"
_TIMEOUT_S = 3.0


class BillingClient:
    """Asks billing. Raises PeerError."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = BillingServiceStub(channel)

    async def reserve(self, questions: Sequence[Question]) -> dict[UUID, Quota]:
        """Set a reply aside for each question."""
        request = pb.ReserveRequest(
            reservations=[
                pb.Reservation(portal_id=str(q.portal_id), key=str(q.id), trace_id=q.id.hex) for q in questions
            ]
        )
        answer = await call(self._stub.Reserve, request, peer=PEER, timeout=_TIMEOUT_S)
        return {UUID(decision.key): _quota(decision) for decision in answer.decisions}

    async def reserve_one(self, portal_id: UUID, key: UUID) -> Quota:
        """Set an answer aside that is asked for at the portal's page."""
        wanted = pb.Reservation(
            portal_id=str(portal_id), key=str(key), trace_id=key.hex, channel=pb.CHANNEL_PORTAL
        )
        request = pb.ReserveRequest(reservations=[wanted])
        answer = await call(self._stub.Reserve, request, peer=PEER, timeout=_TIMEOUT_S)
        return _quota(answer.decisions[0])

    async def release(self, free: Collection[tuple[UUID, UUID]]) -> None:
        """Give back what was set aside for (portal id, question id): no answer came of it."""
        keys = _keys(free)
        if keys:
            await call(self._stub.Release, pb.ReleaseRequest(keys=keys), peer=PEER, timeout=_TIMEOUT_S)

    async def record(self, uses: Sequence[ModelCall]) -> None:
        """Have calls of models counted."""
        if uses:
            request = pb.RecordModelUsesRequest(
                uses=[
                    pb.ModelUse(
                        portal_id=str(one.portal_id),
                        id=str(one.id),
                        model=one.model,
                        prompt_tokens=one.prompt_tokens,
                        completion_tokens=one.completion_tokens,
                        message_id=str(one.message_id or ""),
                    )
                    for one in uses
                ]
            )
            await call(self._stub.RecordModelUses, request, peer=PEER, timeout=_TIMEOUT_S)

    async def limits(self, portal_id: UUID) -> dict[str, int]:
        """Return the plan's limits on what a portal keeps, by name; absent = unlimited."""
        request = pb.GetLimitsRequest(portal_id=str(portal_id))
        answer = await call(self._stub.GetLimits, request, peer=PEER, timeout=_TIMEOUT_S)
        return {limit.name: limit.value for limit in answer.limits}

    async def report_kept(self, portal_id: UUID, kept: Mapping[str, int]) -> None:
        """Tell how much a portal keeps of what its plan limits."""
        request = pb.ReportKeptRequest(
            portal_id=str(portal_id), kept=[pb.Limit(name=name, value=value) for name, value in kept.items()]
        )
        await call(self._stub.ReportKept, request, peer=PEER, timeout=_TIMEOUT_S)

    async def note_marketplace(self, notes: Sequence[pb.MarketplaceNote]) -> None:
        """Tell what Bitrix24 says of portals' subscriptions."""
        if notes:
            request = pb.NoteMarketplaceRequest(notes=notes)
            await call(self._stub.NoteMarketplace, request, peer=PEER, timeout=_TIMEOUT_S)

    async def watch_alerts(self, cursor: int) -> AsyncIterator[pb.WatchAlertsResponse]:
        """Yield pages of the feed of limits that portals are near to, for ever."""
        async for page in self._stub.WatchAlerts(pb.WatchAlertsRequest(cursor=cursor)):
            yield page

    async def commit(self, answered: Collection[tuple[UUID, UUID]]) -> None:
        """Count the replies to questions, given as (portal id, question id); what was free stays uncounted."""
        keys = _keys(answered)
        if keys:
            await call(self._stub.Commit, pb.CommitRequest(keys=keys), peer=PEER, timeout=_TIMEOUT_S)


def _quota(decision: pb.ReserveDecision) -> Quota:
    resets_at = to_datetime(decision, "resets_at")
    return Quota(decision.granted, decision.limit, resets_at, frozenset(decision.features))


def _keys(named: Collection[tuple[UUID, UUID]]) -> list[pb.ReservationKey]:
    return [pb.ReservationKey(portal_id=str(portal_id), key=str(key)) for portal_id, key in named]
