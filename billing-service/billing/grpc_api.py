"""The servicer of BillingService: message -> use case -> message."""

from collections.abc import AsyncIterator, Iterable
from uuid import UUID

from billing.alerts import Alerts
from billing.domain import DEFAULT_PLAN_CODE, KEPT, Decision, ModelUse, Reservation
from billing.messages import alert_to_pb, lines_to_pb, plan_to_pb, status_to_pb
from billing.plans import Plans
from billing.quota import Quota
from billing.standing import ends
from billing.subscriptions import MarketplaceNote, Subscriptions
from billing.usage import UsageBook
from kit.errors import InvalidArgument
from kit.pb import enum_name, moment, optional_uuid, to_datetime
from kit.rpc import Context
from teachbase.billing.v1 import billing_pb2 as pb
from teachbase.billing.v1 import billing_pb2_grpc


class BillingServicer(billing_pb2_grpc.BillingServiceServicer):
    """Speaks for the billing context."""

    def __init__(
        self, quota: Quota, plans: Plans, usage: UsageBook, subscriptions: Subscriptions, alerts: Alerts
    ) -> None:
        self._quota = quota
        self._plans = plans
        self._usage = usage
        self._subscriptions = subscriptions
        self._alerts = alerts

    async def Reserve(self, request: pb.ReserveRequest, context: Context) -> pb.ReserveResponse:
        wanted = [
            Reservation(UUID(one.portal_id), UUID(one.key), enum_name(pb.Channel, one.channel) or "messenger")
            for one in request.reservations
        ]
        return pb.ReserveResponse(decisions=map(_decision_to_pb, await self._quota.reserve(wanted)))

    async def Commit(self, request: pb.CommitRequest, context: Context) -> pb.CommitResponse:
        return pb.CommitResponse(counted=await self._quota.commit(_keys(request.keys)))

    async def Release(self, request: pb.ReleaseRequest, context: Context) -> pb.ReleaseResponse:
        return pb.ReleaseResponse(released=await self._quota.release(_keys(request.keys)))

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
        return pb.RecordModelUsesResponse(counted=await self._usage.record_model_uses(uses))

    async def ListPlans(self, request: pb.ListPlansRequest, context: Context) -> pb.ListPlansResponse:
        plans, portals = await self._plans.all()
        return pb.ListPlansResponse(plans=[plan_to_pb(plan, portals.get(plan.code, 0)) for plan in plans])

    async def ListPortalPlans(
        self, request: pb.ListPortalPlansRequest, context: Context
    ) -> pb.ListPortalPlansResponse:
        codes = await self._plans.of_portals([UUID(portal_id) for portal_id in request.portal_ids])
        plans = [pb.PortalPlan(portal_id=str(portal_id), plan_code=code) for portal_id, code in codes.items()]
        return pb.ListPortalPlansResponse(plans=plans, default_plan_code=DEFAULT_PLAN_CODE)

    async def GetUsage(self, request: pb.GetUsageRequest, context: Context) -> pb.GetUsageResponse:
        usage = await self._usage.of(UUID(request.portal_id), request.days)
        plan = usage.subscription.plan
        return pb.GetUsageResponse(
            plan_code=plan.code,
            period_from=moment(usage.period.start),
            period_to=moment(usage.period.end),
            lines=lines_to_pb(usage, with_kept=False),
            status=status_to_pb(usage.status),
            ends_at=moment(ends(usage.subscription)),
            features=sorted(plan.features),
            days=[pb.UsageDay(day=day.isoformat(), name=name, units=units) for day, name, units in usage.days],
            plan_name_ru=plan.name_ru,
            plan_name_en=plan.name_en,
        )

    async def GetLimits(self, request: pb.GetLimitsRequest, context: Context) -> pb.GetLimitsResponse:
        one = await self._subscriptions.of(UUID(request.portal_id))
        limits = {name: one.hard_limit(name) for name in KEPT}
        return pb.GetLimitsResponse(
            limits=[pb.Limit(name=name, value=most) for name, most in sorted(limits.items()) if most is not None]
        )

    async def ReportKept(self, request: pb.ReportKeptRequest, context: Context) -> pb.ReportKeptResponse:
        kept = {one.name: one.value for one in request.kept}
        if foreign := sorted(set(kept) - KEPT):
            raise InvalidArgument(field="kept", problem=f"{foreign[0]} is counted here")
        await self._usage.set_kept(UUID(request.portal_id), kept)
        return pb.ReportKeptResponse()

    async def NoteMarketplace(
        self, request: pb.NoteMarketplaceRequest, context: Context
    ) -> pb.NoteMarketplaceResponse:
        notes = [
            MarketplaceNote(
                portal_id=UUID(one.portal_id),
                status=one.status,
                days=one.days if one.HasField("days") else None,
                is_payment_expired=one.is_payment_expired,
                noted_at=noted_at,
            )
            for one in request.notes
            if (noted_at := to_datetime(one, "noted_at"))
        ]
        await self._subscriptions.note_marketplace(notes)
        return pb.NoteMarketplaceResponse()

    async def WatchAlerts(
        self, request: pb.WatchAlertsRequest, context: Context
    ) -> AsyncIterator[pb.WatchAlertsResponse]:
        async for alerts, cursor in self._alerts.watch(request.cursor):
            yield pb.WatchAlertsResponse(alerts=map(alert_to_pb, alerts), cursor=cursor)


def _keys(items: Iterable[pb.ReservationKey]) -> list[Reservation]:
    return [Reservation(UUID(item.portal_id), UUID(item.key)) for item in items]


def _decision_to_pb(decision: Decision) -> pb.ReserveDecision:
    return pb.ReserveDecision(
        key=str(decision.key),
        granted=decision.granted,
        limit=decision.limit,
        resets_at=moment(decision.resets_at),
        features=sorted(decision.features),
    )
