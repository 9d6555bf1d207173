"""The servicer of BillingService: message -> use case -> message."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from billing.domain import DEFAULT_PLAN_CODE, KEPT, Decision, ModelUse, Plan, Reservation, Room
from billing.plans import Plans
from billing.quota import Quota
from kit.pb import moment, optional_uuid
from kit.rpc import Context
from teachbase.billing.v1 import billing_pb2 as pb
from teachbase.billing.v1 import billing_pb2_grpc


class BillingServicer(billing_pb2_grpc.BillingServiceServicer):
    """Speaks for the billing context."""

    def __init__(self, quota: Quota, plans: Plans) -> None:
        self._quota = quota
        self._plans = plans

    async def Reserve(self, request: pb.ReserveRequest, context: Context) -> pb.ReserveResponse:
        decisions = await self._quota.reserve(_reservations(request.reservations))
        return pb.ReserveResponse(decisions=map(_decision_to_pb, decisions))

    async def Commit(self, request: pb.CommitRequest, context: Context) -> pb.CommitResponse:
        return pb.CommitResponse(counted=await self._quota.commit(_reservations(request.keys)))

    async def Release(self, request: pb.ReleaseRequest, context: Context) -> pb.ReleaseResponse:
        return pb.ReleaseResponse(released=await self._quota.release(_reservations(request.keys)))

    async def RecordModelUses(
        self, request: pb.RecordModelUsesRequest, context: Context
    ) -> pb.RecordModelUsesResponse:
        uses = [
            ModelUse(
                portal_id=UUID(one.portal_id),
                id=UUID(one.id),
                model=one.model,
                prompt_tokens=one.prompt_tokens,
                completion_tokens=one.completion_tokens,
                message_id=optional_uuid(one.message_id),
            )
            for one in request.uses
        ]
        return pb.RecordModelUsesResponse(counted=await self._quota.record_model_uses(uses))

    async def ListPlans(self, request: pb.ListPlansRequest, context: Context) -> pb.ListPlansResponse:
        return pb.ListPlansResponse(plans=map(_plan_to_pb, await self._plans.all()))

    async def ListPortalPlans(
        self, request: pb.ListPortalPlansRequest, context: Context
    ) -> pb.ListPortalPlansResponse:
        codes = await self._plans.of_portals([UUID(portal_id) for portal_id in request.portal_ids])
        plans = [pb.PortalPlan(portal_id=str(portal_id), plan_code=code) for portal_id, code in codes.items()]
        return pb.ListPortalPlansResponse(plans=plans, default_plan_code=DEFAULT_PLAN_CODE)

    async def GetUsage(self, request: pb.GetUsageRequest, context: Context) -> pb.GetUsageResponse:
        usage = await self._plans.usage(UUID(request.portal_id))
        return pb.GetUsageResponse(
            plan_code=usage.plan_code,
            period_from=moment(usage.period.start),
            period_to=moment(usage.period.end),
            lines=[
                _line_to_pb(name, room, usage.period.end)
                for name, room in usage.metrics.items()
                if name not in KEPT
            ],
        )

    async def GetLimits(self, request: pb.GetLimitsRequest, context: Context) -> pb.GetLimitsResponse:
        usage = await self._plans.usage(UUID(request.portal_id))
        limits = [
            pb.Limit(name=name, value=room.limit)
            for name, room in usage.metrics.items()
            if name in KEPT and room.limit is not None
        ]
        return pb.GetLimitsResponse(limits=limits)


def _reservations(items: Iterable[pb.Reservation] | Iterable[pb.ReservationKey]) -> list[Reservation]:
    return [Reservation(UUID(item.portal_id), UUID(item.key)) for item in items]


def _decision_to_pb(decision: Decision) -> pb.ReserveDecision:
    return pb.ReserveDecision(
        key=str(decision.key),
        granted=decision.granted,
        limit=decision.limit,
        resets_at=moment(decision.resets_at),
    )


def _plan_to_pb(plan: Plan) -> pb.Plan:
    return pb.Plan(
        code=plan.code,
        version=plan.version,
        name_ru=plan.name_ru,
        name_en=plan.name_en,
        price_minor=plan.price_minor,
        currency=plan.currency,
        limits=[pb.Limit(name=name, value=value) for name, value in plan.limits.items()],
    )


def _line_to_pb(name: str, room: Room, resets_at: datetime) -> pb.UsageLine:
    return pb.UsageLine(name=name, used=room.used, limit=room.limit, resets_at=moment(resets_at))
