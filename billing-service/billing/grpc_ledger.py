"""The servicer of LedgerService: message -> use case -> message."""

from collections.abc import AsyncIterator
from datetime import date
from uuid import UUID
from zoneinfo import available_timezones

from billing import messages
from billing.alerts import Alerts
from billing.domain import Price
from billing.plans import Plans
from billing.recount import Recount
from billing.reports import Near, Reports, month_price
from billing.subscriptions import Change, Subscriptions
from billing.usage import UsageBook
from kit import paging
from kit.clock import utc_now
from kit.errors import InvalidArgument
from kit.pb import enum_name, moment, optional_uuid, to_datetime
from kit.rpc import Context
from teachbase.billing.v1 import billing_pb2, ledger_pb2_grpc
from teachbase.billing.v1 import ledger_pb2 as pb

_MOMENTS = ("paid_until", "trial_ends_at", "canceled_at")
_DAYS_OF_SUMS = 30
_MOST = 1_000_000_000


class LedgerServicer(ledger_pb2_grpc.LedgerServiceServicer):
    """Speaks for the ledger."""

    def __init__(
        self,
        plans: Plans,
        subscriptions: Subscriptions,
        usage: UsageBook,
        reports: Reports,
        alerts: Alerts,
        recount: Recount,
    ) -> None:
        self._plans = plans
        self._subscriptions = subscriptions
        self._usage = usage
        self._reports = reports
        self._alerts = alerts
        self._recount = recount

    async def CreatePlan(self, request: pb.CreatePlanRequest, context: Context) -> pb.CreatePlanResponse:
        made = await self._plans.create(UUID(request.request_id), messages.plan_from_pb(request.plan))
        return pb.CreatePlanResponse(plan=messages.plan_to_pb(made))

    async def ChangePlan(self, request: pb.ChangePlanRequest, context: Context) -> pb.ChangePlanResponse:
        made = await self._plans.change(UUID(request.request_id), messages.plan_from_pb(request.plan))
        return pb.ChangePlanResponse(plan=messages.plan_to_pb(made))

    async def ListPlanVersions(
        self, request: pb.ListPlanVersionsRequest, context: Context
    ) -> pb.ListPlanVersionsResponse:
        found = await self._plans.versions(request.code)
        return pb.ListPlanVersionsResponse(
            versions=[
                pb.PlanVersion(plan=messages.plan_to_pb(plan, portals), created_at=moment(at))
                for plan, at, portals in found
            ]
        )

    async def ListSubscriptions(
        self, request: pb.ListSubscriptionsRequest, context: Context
    ) -> pb.ListSubscriptionsResponse:
        size = paging.size_of(request.page_size)
        near = Near(
            request.plan_code,
            enum_name(billing_pb2.SubscriptionStatus, request.status),
            request.near_percent,
            optional_uuid(request.portal_id),
            request.by_portal,
        )
        found = await self._reports.nearest(near, _count_and_id(request.page_token), size)
        last = (found[-1][1], found[-1][0].subscription.portal_id) if len(found) == size else None
        return pb.ListSubscriptionsResponse(
            subscriptions=[messages.subscription_to_pb(usage, percent) for usage, percent in found],
            next_page_token=paging.encode(*last) if last else "",
        )

    async def GetSubscription(
        self, request: pb.GetSubscriptionRequest, context: Context
    ) -> pb.GetSubscriptionResponse:
        portal_id = UUID(request.portal_id)
        usage = await self._usage.of(portal_id)
        return pb.GetSubscriptionResponse(
            subscription=messages.subscription_to_pb(usage),
            history=map(messages.change_to_pb, await self._subscriptions.history(portal_id)),
        )

    async def ChangeSubscription(
        self, request: pb.ChangeSubscriptionRequest, context: Context
    ) -> pb.ChangeSubscriptionResponse:
        if request.time_zone and request.time_zone not in available_timezones():
            raise InvalidArgument(field="time_zone", problem="is not the name of a time zone")
        if foreign := sorted(set(request.forget) - set(_MOMENTS)):
            raise InvalidArgument(field="forget", problem=f"{foreign[0]} is not a moment that may be absent")
        given = {name: to_datetime(request, name) for name in _MOMENTS}
        fields: dict[str, object] = {name: at for name, at in given.items() if at}
        fields |= dict.fromkeys(request.forget)
        if request.anchor_day:
            fields["anchor_day"] = request.anchor_day
        if request.time_zone:
            fields["time_zone"] = request.time_zone
        change = Change(
            portal_id=UUID(request.portal_id),
            plan_code=request.plan_code,
            at_next_period=request.at_next_period,
            overrides=(
                [messages.override_from_pb(one) for one in request.overrides] if request.sets_overrides else None
            ),
            fields=fields,
            is_suspended=request.is_suspended if request.HasField("is_suspended") else None,
            reason=request.reason,
        )
        await self._subscriptions.change(UUID(request.request_id), change)
        usage = await self._usage.of(change.portal_id)
        return pb.ChangeSubscriptionResponse(subscription=messages.subscription_to_pb(usage))

    async def SumUsage(self, request: pb.SumUsageRequest, context: Context) -> pb.SumUsageResponse:
        size = paging.size_of(request.page_size)
        until = _day("until", request.until, utc_now().date())
        since = _day("since", request.since, date.fromordinal(until.toordinal() - _DAYS_OF_SUMS + 1))
        after = paging.decode(request.page_token, 1)
        if after and "\0" in after[0]:
            raise _foreign()
        group, portal_id = enum_name(pb.UsageGroup, request.group), optional_uuid(request.portal_id)
        rows, plans = await self._reports.sums(
            group, since, until, portal_id, request.name, after[0] if after else "", size
        )
        return pb.SumUsageResponse(
            sums=[
                pb.UsageSum(
                    key=row.key,
                    replies=int(row.replies),
                    tokens=int(row.tokens),
                    cost_micro=int(row.cost_micro),
                    price_minor=month_price(plans[row.key]) if row.key in plans else None,
                    currency=plans[row.key].currency if row.key in plans else "",
                )
                for row in rows
            ],
            next_page_token=paging.encode(rows[-1].key) if len(rows) == size else "",
        )

    async def ExportUsage(
        self, request: pb.ExportUsageRequest, context: Context
    ) -> AsyncIterator[pb.ExportUsageResponse]:
        pages = self._usage.export(
            optional_uuid(request.portal_id), to_datetime(request, "since"), to_datetime(request, "until")
        )
        async for rows in pages:
            yield pb.ExportUsageResponse(events=map(messages.event_to_pb, rows))

    async def ListUsageEvents(
        self, request: pb.ListUsageEventsRequest, context: Context
    ) -> pb.ListUsageEventsResponse:
        size = paging.size_of(request.page_size)
        rows = await self._usage.events(
            UUID(request.portal_id),
            paging.decode_id(request.page_token),
            to_datetime(request, "since"),
            to_datetime(request, "until"),
            size,
        )
        return pb.ListUsageEventsResponse(
            events=map(messages.event_to_pb, rows),
            next_page_token=paging.encode(rows[-1].id) if len(rows) == size else "",
        )

    async def ListModelUses(self, request: pb.ListModelUsesRequest, context: Context) -> pb.ListModelUsesResponse:
        uses = await self._usage.model_uses(UUID(request.portal_id), UUID(request.message_id))
        return pb.ListModelUsesResponse(uses=map(messages.model_use_to_pb, uses))

    async def ListActivity(self, request: pb.ListActivityRequest, context: Context) -> pb.ListActivityResponse:
        size = paging.size_of(request.page_size)
        until = _day("until", request.until, utc_now().date())
        after = _count_and_id(request.page_token)
        found = await self._reports.activity(until, request.days, after, size, by_portal=request.by_portal)
        last = found[-1] if len(found) == size else None
        return pb.ListActivityResponse(
            portals=[
                pb.Activity(portal_id=str(one.portal_id), active_days=one.active_days, replies=one.replies)
                for one in found
            ],
            next_page_token=paging.encode(last.active_days, last.portal_id) if last else "",
        )

    async def GetStatement(self, request: pb.GetStatementRequest, context: Context) -> pb.GetStatementResponse:
        at = to_datetime(request, "at") or utc_now()
        await self._subscriptions.of(UUID(request.portal_id))
        found = await self._reports.statement(UUID(request.portal_id), at)
        assert found is not None  # it is on a plan since the line above
        return pb.GetStatementResponse(
            period_from=moment(found.usage.period.start),
            period_to=moment(found.usage.period.end),
            plan=messages.plan_to_pb(found.plan),
            changes=map(messages.change_to_pb, found.changes),
            lines=messages.lines_to_pb(found.usage, with_kept=True),
            days=[
                billing_pb2.UsageDay(day=day.isoformat(), name=name, units=units)
                for day, name, units in found.days
            ],
            cost_micro=found.cost_micro,
            unpriced_calls=found.unpriced_calls,
            price_minor=month_price(found.plan),
            currency=found.plan.currency,
        )

    async def ListAlerts(self, request: pb.ListAlertsRequest, context: Context) -> pb.ListAlertsResponse:
        size = paging.size_of(request.page_size)
        last = paging.decode_place(request.page_token)
        found = await self._alerts.newest(
            optional_uuid(request.portal_id),
            last if last >= 0 else None,
            to_datetime(request, "since"),
            to_datetime(request, "until"),
            size,
        )
        return pb.ListAlertsResponse(
            alerts=map(messages.alert_to_pb, found),
            next_page_token=paging.encode(found[-1].id) if len(found) == size else "",
        )

    async def ListPrices(self, request: pb.ListPricesRequest, context: Context) -> pb.ListPricesResponse:
        known, unpriced = await self._reports.prices()
        return pb.ListPricesResponse(prices=map(_price_to_pb, known), unpriced=unpriced)

    async def SetPrice(self, request: pb.SetPriceRequest, context: Context) -> pb.SetPriceResponse:
        one = request.price
        price = Price(one.model, utc_now(), one.prompt_minor, one.completion_minor, one.currency)
        await self._reports.set_price(UUID(request.request_id), price)
        return pb.SetPriceResponse(price=_price_to_pb(price))

    async def ListDrifts(self, request: pb.ListDriftsRequest, context: Context) -> pb.ListDriftsResponse:
        return pb.ListDriftsResponse(drifts=map(messages.drift_to_pb, await self._recount.drifts()))

    async def Recount(self, request: pb.RecountRequest, context: Context) -> pb.RecountResponse:
        mended = await self._recount.mend(UUID(request.portal_id))
        return pb.RecountResponse(mended=map(messages.drift_to_pb, mended))


def _count_and_id(token: str) -> tuple[int, UUID] | None:
    """Return the keys in a page token of a list that is ordered by a count and an id. Raises InvalidArgument."""
    keys = paging.decode(token, 2)
    if keys is None:
        return None
    try:
        count, portal_id = int(keys[0]), UUID(keys[1])
    except ValueError:
        raise _foreign() from None
    if not 0 <= count <= _MOST:
        raise _foreign()
    return count, portal_id


def _foreign() -> InvalidArgument:
    return InvalidArgument(field="cursor", problem="is not one that this list gave")


def _day(field: str, text: str, default: date) -> date:
    try:
        day = date.fromisoformat(text) if text else default
    except ValueError:
        raise InvalidArgument(field=field, problem="is not a day like 2026-11-27") from None
    if not 2000 <= day.year < 2100:
        raise InvalidArgument(field=field, problem="is not between the years 2000 and 2100")
    return day


def _price_to_pb(price: Price) -> pb.ModelPrice:
    return pb.ModelPrice(
        model=price.model,
        prompt_minor=price.prompt_minor,
        completion_minor=price.completion_minor,
        currency=price.currency,
        valid_from=moment(price.valid_from),
    )
