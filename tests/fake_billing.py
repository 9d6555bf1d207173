"""The billing context as its callers see it: it says what a test has it say, and keeps what it is told."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import grpc

from kit.pb import moment
from kit.rpc import Context
from teachbase.billing.v1 import billing_pb2 as pb
from teachbase.billing.v1 import billing_pb2_grpc


class FakeBilling(billing_pb2_grpc.BillingServiceServicer):
    """Grants all but the portals in `denied`; counts no key that was given back."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.denied: set[UUID] = set()
        self.limits: dict[str, int] = {}
        self.features = ["analytics", "citations", "llm"]
        self.kept: dict[str, int] = {}
        self.notes: list[pb.MarketplaceNote] = []
        self.committed: list[str] = []
        self.released: list[str] = []
        self.model_uses: list[pb.ModelUse] = []
        self.refuses_model_uses = False
        self._now = now

    async def Reserve(self, request: pb.ReserveRequest, _context: Context) -> pb.ReserveResponse:  # noqa: N802 - the proto's name
        taken_anew = {one.key for one in request.reservations}
        self.released = [key for key in self.released if key not in taken_anew]
        return pb.ReserveResponse(decisions=map(self._decide, request.reservations))

    async def Commit(self, request: pb.CommitRequest, _context: Context) -> pb.CommitResponse:  # noqa: N802 - the proto's name
        self.committed += [one.key for one in request.keys if one.key not in self.released]
        return pb.CommitResponse(counted=len(request.keys))

    async def Release(self, request: pb.ReleaseRequest, _context: Context) -> pb.ReleaseResponse:  # noqa: N802 - the proto's name
        self.released += [one.key for one in request.keys]
        return pb.ReleaseResponse(released=len(request.keys))

    async def RecordModelUses(  # noqa: N802 - the proto's name
        self, request: pb.RecordModelUsesRequest, context: Context
    ) -> pb.RecordModelUsesResponse:
        if self.refuses_model_uses:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "away")
        self.model_uses += request.uses
        return pb.RecordModelUsesResponse(counted=len(request.uses))

    async def GetLimits(self, _request: pb.GetLimitsRequest, _context: Context) -> pb.GetLimitsResponse:  # noqa: N802 - the proto's name
        limits = [pb.Limit(name=name, value=value) for name, value in self.limits.items()]
        return pb.GetLimitsResponse(limits=limits)

    async def ReportKept(self, request: pb.ReportKeptRequest, _context: Context) -> pb.ReportKeptResponse:  # noqa: N802 - the proto's name
        self.kept = {one.name: one.value for one in request.kept}
        return pb.ReportKeptResponse()

    async def NoteMarketplace(  # noqa: N802 - the proto's name
        self, request: pb.NoteMarketplaceRequest, _context: Context
    ) -> pb.NoteMarketplaceResponse:
        self.notes += request.notes
        return pb.NoteMarketplaceResponse()

    def _decide(self, wanted: pb.Reservation) -> pb.ReserveDecision:
        if UUID(wanted.portal_id) not in self.denied:
            return pb.ReserveDecision(key=wanted.key, granted=True, features=self.features)
        return pb.ReserveDecision(
            key=wanted.key, granted=False, limit="replies_per_month", resets_at=moment(self._now())
        )
