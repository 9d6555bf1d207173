"""Values of this context and its pure rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from billing.periods import Period

REPLIES = "replies_per_month"
"""The metric that every answer from knowledge is counted under."""
TOKENS = "llm_tokens_per_month"
"""The metric of what models were given to read and have written."""
COST = "model_cost_micro"
"""What models cost by day: millionths of the minor unit (a token's price times a million is whole)."""
KEPT = frozenset({"kb_documents", "kb_megabytes", "allowed_users"})
"""Limits of what a portal keeps: whoever keeps it counts it and tells."""
LIMITS = (REPLIES, TOKENS, "allowed_users", "kb_documents", "kb_megabytes")
FEATURES = ("llm", "citations", "analytics")
SUBSCRIPTION = "subscription"
"""What denies where no limit does: the portal's subscription has ended."""
TOKENS_SET_ASIDE = 16_000
"""For an answer that a model may be asked for: more than a prompt and its completion can take."""
DEFAULT_PLAN_CODE = "start"


@dataclass(frozen=True)
class Plan:
    """One version of a plan.

    `limits`: metric -> the most of it in a period; absent = unlimited. Over a limit that is in `soft_limits` work
    goes on, and alerts are all that comes of it. `price_minor`: kopecks or cents for a `period` (month or year).
    """

    code: str
    version: int
    name_ru: str
    name_en: str
    price_minor: int
    currency: str
    limits: Mapping[str, int]
    period: str = "month"
    features: frozenset[str] = frozenset(FEATURES)
    soft_limits: frozenset[str] = frozenset()
    trial_days: int = 0
    grace_days: int = 14


def default_plans(env: str) -> list[Plan]:
    """Return the plans there are at first. Development has no limit that a load test would meet."""
    replies = 1_000_000 if env == "dev" else 1_000
    start = {REPLIES: replies, "kb_documents": 500, "kb_megabytes": 1_000}
    business = {REPLIES: 10_000, TOKENS: 5_000_000, "kb_documents": 5_000, "kb_megabytes": 10_000}
    return [
        Plan(DEFAULT_PLAN_CODE, 1, "Старт", "Start", 0, "RUB", start),
        Plan("business", 1, "Бизнес", "Business", 990_000, "RUB", business, trial_days=14),
    ]


class Status(StrEnum):
    """Where a portal's subscription stands."""

    TRIAL = "trial"
    ACTIVE = "active"
    GRACE = "grace"
    SUSPENDED = "suspended"
    CANCELED = "canceled"


SERVED = frozenset({Status.TRIAL, Status.ACTIVE, Status.GRACE})


@dataclass(frozen=True)
class Marketplace:
    """What Bitrix24's app.info said of a portal last (contract 8); `expired_at`: since when it is not paid."""

    status: str = ""
    days: int | None = None
    expired_at: datetime | None = None
    noted_at: datetime | None = None


@dataclass(frozen=True)
class Override:
    """A limit that one portal has instead of its plan's, until it expires."""

    name: str
    value: int
    reason: str
    expires_at: datetime | None


@dataclass(frozen=True)
class NextPlan:
    """The plan that a portal changes to, and when."""

    code: str
    version: int
    at: datetime


@dataclass(frozen=True)
class Subscription:
    """A portal's plan as it counts at a moment, and all that decides where it stands."""

    portal_id: UUID
    plan: Plan
    anchor_day: int
    time_zone: str
    next_plan: NextPlan | None = None
    trial_ends_at: datetime | None = None
    paid_until: datetime | None = None
    suspended_at: datetime | None = None
    suspended_reason: str = ""
    canceled_at: datetime | None = None
    marketplace: Marketplace = Marketplace()
    overrides: tuple[Override, ...] = ()
    row_version: str = field(default="", compare=False)
    """Of what is stored: another one after each change."""

    @property
    def holds_until(self) -> datetime | None:
        """When the clock makes it another one by itself, None = never."""
        ends = [one.expires_at for one in self.overrides]
        return min((end for end in [*ends, self.next_plan and self.next_plan.at] if end), default=None)

    @property
    def limits(self) -> dict[str, int]:
        """The limits that count: the plan's, or the portal's own."""
        return {**self.plan.limits, **{one.name: one.value for one in self.overrides}}

    def hard_limit(self, metric: str) -> int | None:
        """Return the most that may be used of a metric, None where work goes on however much it is."""
        return None if metric in self.plan.soft_limits else self.limits.get(metric)


@dataclass(frozen=True)
class Reservation:
    """A unit to be set aside: `key` is the id of the message that will be answered."""

    portal_id: UUID
    key: UUID
    channel: str = "messenger"


@dataclass(frozen=True)
class ModelUse:
    """One call of a model: `id` is a UUIDv7 of its own, `message_id` the question, if that was a message."""

    portal_id: UUID
    id: UUID
    model: str
    prompt_tokens: int
    completion_tokens: int
    message_id: UUID | None


@dataclass(frozen=True)
class Price:
    """What a million tokens of a model cost from a moment on, in minor units."""

    model: str
    valid_from: datetime
    prompt_minor: int
    completion_minor: int
    currency: str

    def cost_micro(self, use: ModelUse) -> int:
        """Return what a call cost, in millionths of the minor unit."""
        return use.prompt_tokens * self.prompt_minor + use.completion_tokens * self.completion_minor


@dataclass(frozen=True)
class Decision:
    """The answer to a reservation: `limit` names what is used up, and `resets_at` when it starts anew."""

    key: UUID
    granted: bool
    limit: str = ""
    resets_at: datetime | None = None
    features: frozenset[str] = frozenset()
    """Of the plan, less `llm` where its tokens are used up."""


@dataclass(frozen=True)
class Room:
    """How much of a metric a portal has left: `limit` None = unlimited."""

    used: int
    reserved: int
    limit: int | None

    def admits(self, units: int) -> int:
        """Return how many of `units` fit under the limit."""
        if self.limit is None:
            return units
        return max(0, min(units, self.limit - self.used - self.reserved))


@dataclass(frozen=True)
class Usage:
    """What a portal used of its plan in a period."""

    subscription: Subscription
    status: Status
    period: Period
    metrics: Mapping[str, Room]
    days: list[tuple[date, str, int]] = field(default_factory=list)


@dataclass(frozen=True)
class LimitAlert:
    """A limit of a portal of which `threshold` per cent are used."""

    id: int
    portal_id: UUID
    metric: str
    threshold: int
    used: int
    most: int
    period_start: datetime
    resets_at: datetime
    created_at: datetime
