"""Between this context's values and protobuf's."""

from typing import Any

from billing.domain import KEPT, LimitAlert, Override, Plan, Usage
from billing.standing import ends
from kit.pb import enum_value, moment, to_datetime
from teachbase.billing.v1 import billing_pb2 as pb
from teachbase.billing.v1 import ledger_pb2


def plan_to_pb(plan: Plan, portals: int = 0) -> pb.Plan:
    """Return a plan; `portals`: how many are on it."""
    return pb.Plan(
        code=plan.code,
        version=plan.version,
        name_ru=plan.name_ru,
        name_en=plan.name_en,
        price_minor=plan.price_minor,
        currency=plan.currency,
        limits=[pb.Limit(name=name, value=value) for name, value in plan.limits.items()],
        period=plan.period,
        features=sorted(plan.features),
        soft_limits=sorted(plan.soft_limits),
        trial_days=plan.trial_days,
        grace_days=plan.grace_days,
        portals=portals,
    )


def plan_from_pb(plan: pb.Plan) -> Plan:
    """Return the plan that is asked for; its version is given to it later."""
    return Plan(
        code=plan.code,
        version=0,
        name_ru=plan.name_ru,
        name_en=plan.name_en,
        price_minor=plan.price_minor,
        currency=plan.currency,
        limits={limit.name: limit.value for limit in plan.limits},
        period=plan.period,
        features=frozenset(plan.features),
        soft_limits=frozenset(plan.soft_limits),
        trial_days=plan.trial_days,
        grace_days=plan.grace_days,
    )


def lines_to_pb(usage: Usage, *, with_kept: bool) -> list[pb.UsageLine]:
    """Return a line a metric; what is kept, and not used up, only where it is wanted."""
    return [
        pb.UsageLine(name=name, used=room.used, limit=room.limit, resets_at=moment(usage.period.end))
        for name, room in sorted(usage.metrics.items())
        if with_kept or name not in KEPT
    ]


def status_to_pb(status: str) -> Any:
    """Return where a subscription stands."""
    return enum_value(pb.SubscriptionStatus, status)


def subscription_to_pb(usage: Usage, used_percent: int = 0) -> ledger_pb2.Subscription:
    """Return what a portal is on and used."""
    one, said = usage.subscription, usage.subscription.marketplace
    return ledger_pb2.Subscription(
        portal_id=str(one.portal_id),
        plan=plan_to_pb(one.plan),
        status=status_to_pb(usage.status),
        ends_at=moment(ends(one)),
        period_from=moment(usage.period.start),
        period_to=moment(usage.period.end),
        lines=lines_to_pb(usage, with_kept=True),
        overrides=[
            ledger_pb2.LimitOverride(
                name=own.name, value=own.value, reason=own.reason, expires_at=moment(own.expires_at)
            )
            for own in one.overrides
        ],
        next_plan_code=one.next_plan.code if one.next_plan else "",
        next_plan_at=moment(one.next_plan.at) if one.next_plan else None,
        trial_ends_at=moment(one.trial_ends_at),
        paid_until=moment(one.paid_until),
        suspended_at=moment(one.suspended_at),
        suspended_reason=one.suspended_reason,
        canceled_at=moment(one.canceled_at),
        anchor_day=one.anchor_day,
        time_zone=one.time_zone,
        marketplace=pb.MarketplaceNote(
            portal_id=str(one.portal_id),
            status=said.status,
            days=said.days,
            is_payment_expired=said.expired_at is not None,
            noted_at=moment(said.noted_at),
        )
        if said.noted_at
        else None,
        used_percent=used_percent,
    )


def override_from_pb(one: ledger_pb2.LimitOverride) -> Override:
    """Return a portal's own limit."""
    return Override(one.name, one.value, one.reason, to_datetime(one, "expires_at"))


def alert_to_pb(alert: LimitAlert) -> pb.LimitAlert:
    """Return a limit that a portal is near to."""
    return pb.LimitAlert(
        id=alert.id,
        portal_id=str(alert.portal_id),
        name=alert.metric,
        threshold=alert.threshold,
        used=alert.used,
        limit=alert.most,
        resets_at=moment(alert.resets_at),
        created_at=moment(alert.created_at),
    )


def event_to_pb(row: Any) -> ledger_pb2.UsageEvent:
    """Return a counted unit of a row of usage_events."""
    return ledger_pb2.UsageEvent(
        id=str(row.id),
        portal_id=str(row.portal_id),
        name=row.metric,
        units=row.units,
        channel=enum_value(pb.Channel, row.channel),
        created_at=moment(row.created_at),
    )


def drift_to_pb(row: Any) -> ledger_pb2.Drift:
    """Return a counter that is not what its events add up to."""
    return ledger_pb2.Drift(
        portal_id=str(row.portal_id),
        name=row.metric,
        period_from=moment(row.period_start),
        counter=row.counter,
        events=row.events,
        found_at=moment(getattr(row, "found_at", None)),
    )


def change_to_pb(row: Any) -> ledger_pb2.SubscriptionChange:
    """Return an entry of the log of subscriptions."""
    return ledger_pb2.SubscriptionChange(
        at=moment(row.created_at),
        plan_code=row.plan_code,
        plan_version=row.plan_version,
        status=status_to_pb(row.status),
        reason=row.reason,
    )


def model_use_to_pb(row: Any) -> ledger_pb2.CountedModelUse:
    """Return a call of a model of a row of model_uses."""
    use = pb.ModelUse(
        portal_id=str(row.portal_id),
        id=str(row.id),
        model=row.model,
        prompt_tokens=row.prompt_tokens,
        completion_tokens=row.completion_tokens,
        message_id=str(row.message_id or ""),
    )
    return ledger_pb2.CountedModelUse(
        use=use, created_at=moment(row.created_at), cost_micro=row.cost_micro, currency=row.currency
    )
