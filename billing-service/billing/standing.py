"""Where a subscription stands at a moment. Pure: it follows from what is stored and the clock."""

from datetime import datetime, timedelta

from billing.domain import SERVED, Status, Subscription


def status_of(one: Subscription, now: datetime) -> Status:
    """Return the status: served are trial, active and grace.

    What ends first counts: what was paid for, or the Marketplace's subscription (PAYMENT_EXPIRED, contract 8).
    After it the plan's days of grace run. A trial of a free plan ends without a word; of another, as if paid until
    then.
    """
    if one.canceled_at and one.canceled_at <= now:
        return Status.CANCELED
    if one.suspended_at:
        return Status.SUSPENDED
    ends_at = ends(one)
    if ends_at and ends_at <= now:
        is_over = now >= ends_at + timedelta(days=one.plan.grace_days)
        return Status.SUSPENDED if is_over else Status.GRACE
    is_trial = one.trial_ends_at and now < one.trial_ends_at and not one.paid_until
    return Status.TRIAL if is_trial else Status.ACTIVE


def ends(one: Subscription) -> datetime | None:
    """Return when what was paid for ends, None = never."""
    paid = one.paid_until or (one.trial_ends_at if one.plan.price_minor else None)
    return min((end for end in (paid, one.marketplace.expired_at) if end), default=None)


def is_served(one: Subscription, now: datetime) -> bool:
    """Return whether answers are given."""
    return status_of(one, now) in SERVED
