"""From billing's messages to the API's rows, and back."""

from typing import Any

from edge.rows import at, maybe_at
from edge.schemas import billing as shapes
from edge.schemas.portal import UsageLimit, UsagePeriod
from kit.pb import enum_name, moment
from teachbase.billing.v1 import billing_pb2 as pb
from teachbase.billing.v1 import ledger_pb2


def plan(value: pb.Plan, created_at: str | None = None) -> shapes.Plan:
    """Return a version of a plan."""
    return shapes.Plan(
        id=f"{value.code}@{value.version}",
        created_at=created_at,
        code=value.code,
        version=value.version,
        name_ru=value.name_ru,
        name_en=value.name_en,
        price_minor=value.price_minor,
        currency=value.currency,
        period=value.period,
        limits={limit.name: limit.value for limit in value.limits},
        features=list(value.features),
        soft_limits=list(value.soft_limits),
        trial_days=value.trial_days,
        grace_days=value.grace_days,
        portals=value.portals,
    )


def plan_asked(body: shapes.PlanChange) -> pb.Plan:
    """Return the plan that is asked for."""
    return pb.Plan(
        code=body.code,
        name_ru=body.name_ru,
        name_en=body.name_en,
        price_minor=body.price_minor,
        currency=body.currency,
        period=body.period,
        limits=[pb.Limit(name=name, value=value) for name, value in body.limits.items()],
        features=sorted(set(body.features)),
        soft_limits=sorted(set(body.soft_limits)),
        trial_days=body.trial_days,
        grace_days=body.grace_days,
    )


def limit(line: pb.UsageLine) -> UsageLimit:
    """Return a line of usage."""
    most = line.limit if line.HasField("limit") else None
    return UsageLimit(name=line.name, used=line.used, limit=most, resets_at=at(line, "resets_at"))


def subscription(value: ledger_pb2.Subscription) -> dict[str, Any]:
    """Return the fields of a subscription."""
    said = value.marketplace
    return {
        "id": value.portal_id,
        "portal_id": value.portal_id,
        "plan_code": value.plan.code,
        "plan_version": value.plan.version,
        "plan": plan(value.plan),
        "status": enum_name(pb.SubscriptionStatus, value.status),
        "ends_at": maybe_at(value, "ends_at"),
        "period": UsagePeriod(from_=at(value, "period_from"), to=at(value, "period_to")),
        "limits": list(map(limit, value.lines)),
        "overrides": [
            shapes.Override(
                name=one.name, value=one.value, reason=one.reason, expires_at=maybe_at(one, "expires_at")
            )
            for one in value.overrides
        ],
        "next_plan_code": value.next_plan_code or None,
        "next_plan_at": maybe_at(value, "next_plan_at"),
        "trial_ends_at": maybe_at(value, "trial_ends_at"),
        "paid_until": maybe_at(value, "paid_until"),
        "suspended_at": maybe_at(value, "suspended_at"),
        "suspended_reason": value.suspended_reason or None,
        "canceled_at": maybe_at(value, "canceled_at"),
        "anchor_day": value.anchor_day,
        "time_zone": value.time_zone,
        "marketplace": shapes.Marketplace(
            status=said.status,
            days=said.days if said.HasField("days") else None,
            is_payment_expired=said.is_payment_expired,
            noted_at=at(said, "noted_at"),
        )
        if value.HasField("marketplace")
        else None,
        "used_percent": value.used_percent,
    }


def change_asked(portal_id: str, request_id: str, body: shapes.SubscriptionChange) -> Any:
    """Return the change that is asked for; a moment given as null is to be forgotten."""
    moments = ("paid_until", "trial_ends_at", "canceled_at")
    return ledger_pb2.ChangeSubscriptionRequest(
        request_id=request_id,
        portal_id=portal_id,
        plan_code=body.plan_code or "",
        at_next_period=body.at == "next_period",
        sets_overrides=body.overrides is not None,
        overrides=[
            ledger_pb2.LimitOverride(
                name=name, value=value, reason=body.reason, expires_at=moment(body.overrides_expire_at)
            )
            for name, value in (body.overrides or {}).items()
        ],
        forget=[name for name in moments if name in body.model_fields_set and getattr(body, name) is None],
        paid_until=moment(body.paid_until),
        trial_ends_at=moment(body.trial_ends_at),
        canceled_at=moment(body.canceled_at),
        anchor_day=body.anchor_day or 0,
        time_zone=body.time_zone or "",
        is_suspended=body.suspended,
        reason=body.reason,
    )


def entry(value: ledger_pb2.SubscriptionChange) -> shapes.SubscriptionEntry:
    """Return an entry of a subscription's history."""
    return shapes.SubscriptionEntry(
        at=at(value, "at"),
        plan_code=value.plan_code,
        plan_version=value.plan_version,
        status=enum_name(pb.SubscriptionStatus, value.status),
        reason=value.reason,
    )


def usage_sum(value: ledger_pb2.UsageSum) -> shapes.UsageSum:
    """Return a sum of usage."""
    return shapes.UsageSum(
        key=value.key,
        replies=value.replies,
        tokens=value.tokens,
        cost_micro=value.cost_micro,
        price_minor=value.price_minor if value.HasField("price_minor") else None,
        currency=value.currency or None,
    )


def usage_event(value: ledger_pb2.UsageEvent) -> shapes.UsageEvent:
    """Return a counted unit; only in the messenger it is that of a message, whose id is its trace."""
    is_message = value.channel == pb.CHANNEL_MESSENGER
    return shapes.UsageEvent(
        id=value.id,
        created_at=at(value, "created_at"),
        portal_id=value.portal_id,
        trace_id=value.id.replace("-", "") if is_message else None,
        metric=value.name,
        units=value.units,
        channel=enum_name(pb.Channel, value.channel),
        message_id=value.id if is_message else None,
    )


def alert(value: pb.LimitAlert) -> shapes.LimitAlert:
    """Return a limit that a portal is near to."""
    return shapes.LimitAlert(
        id=str(value.id),
        created_at=at(value, "created_at"),
        portal_id=value.portal_id,
        name=value.name,
        threshold=value.threshold,
        used=value.used,
        limit=value.limit,
        resets_at=at(value, "resets_at"),
    )


def day(value: pb.UsageDay) -> shapes.UsageDay:
    """Return what was used on a day."""
    return shapes.UsageDay(day=value.day, name=value.name, units=value.units)


def price(value: ledger_pb2.ModelPrice) -> shapes.ModelPrice:
    """Return what a model costs."""
    return shapes.ModelPrice(
        model=value.model,
        prompt_minor=value.prompt_minor,
        completion_minor=value.completion_minor,
        currency=value.currency,
        valid_from=at(value, "valid_from"),
    )


def drift(value: ledger_pb2.Drift) -> shapes.Drift:
    """Return a counter that drifted."""
    return shapes.Drift(
        portal_id=value.portal_id,
        name=value.name,
        period_from=at(value, "period_from"),
        counter=value.counter,
        events=value.events,
        found_at=maybe_at(value, "found_at"),
    )
