"""Shapes of plans, subscriptions and usage."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from edge.schemas.portal import UsageLimit, UsagePeriod
from edge.schemas.text import Moment, Text

LimitName = Literal["replies_per_month", "llm_tokens_per_month", "allowed_users", "kb_documents", "kb_megabytes"]
Feature = Literal["llm", "citations", "analytics"]
Code = Annotated[str, Field(pattern="^[a-z][a-z0-9_-]{0,49}$")]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]
Amount = Annotated[int, Field(ge=0, le=1_000_000_000_000)]
Name = Annotated[Text, Field(min_length=1, max_length=100)]
SubscriptionStatus = Literal["trial", "active", "grace", "suspended", "canceled"]


class PlanTerms(BaseModel):
    """What a plan is; amounts in minor units. A limit that is absent is none."""

    name_ru: Name
    name_en: Name
    price_minor: Amount
    currency: Currency = "RUB"
    period: Literal["month", "year"] = "month"
    limits: dict[LimitName, Amount] = {}
    features: list[Feature] = ["llm", "citations", "analytics"]
    soft_limits: list[LimitName] = []
    trial_days: Annotated[int, Field(ge=0, le=366)] = 0
    grace_days: Annotated[int, Field(ge=0, le=366)] = 14


class PlanChange(PlanTerms):
    """A plan to be made, or its next version; `request_id`: asked for again it changes nothing."""

    code: Code
    request_id: UUID | None = None


class Plan(BaseModel):
    """A version of a plan; `portals`: how many are on it."""

    id: str
    created_at: str | None
    code: str
    version: int
    name_ru: str
    name_en: str
    price_minor: int
    currency: str
    period: str
    limits: dict[str, int]
    features: list[str]
    soft_limits: list[str]
    trial_days: int
    grace_days: int
    portals: int


class Override(BaseModel):
    """A limit that one portal has instead of its plan's."""

    name: str
    value: int
    reason: str
    expires_at: str | None


class Marketplace(BaseModel):
    """What Bitrix24 says: status F free, D demo, T trial, P paid, L local, S subscription."""

    status: str
    days: int | None
    is_payment_expired: bool
    noted_at: str


class Subscription(BaseModel):
    """What a portal is on and used; `used_percent` of its most used limit."""

    id: str
    portal_id: str
    plan_code: str
    plan_version: int
    plan: Plan
    status: str
    ends_at: str | None
    period: UsagePeriod
    limits: list[UsageLimit]
    overrides: list[Override]
    next_plan_code: str | None
    next_plan_at: str | None
    trial_ends_at: str | None
    paid_until: str | None
    suspended_at: str | None
    suspended_reason: str | None
    canceled_at: str | None
    anchor_day: int
    time_zone: str
    marketplace: Marketplace | None
    used_percent: int


class SubscriptionEntry(BaseModel):
    """What a portal was on from a moment on, and why it changed."""

    at: str
    plan_code: str
    plan_version: int
    status: str
    reason: str


class SubscriptionDetail(Subscription):
    """A subscription with its history, the newest first."""

    history: list[SubscriptionEntry]


class SubscriptionChange(BaseModel):
    """What is absent stays; a moment that is null is taken away. `overrides` are all there are then."""

    plan_code: Code | None = None
    at: Literal["now", "next_period"] = "now"
    overrides: dict[LimitName, Amount] | None = None
    overrides_expire_at: Moment | None = None
    paid_until: Moment | None = None
    trial_ends_at: Moment | None = None
    canceled_at: Moment | None = None
    anchor_day: Annotated[int, Field(ge=1, le=31)] | None = None
    time_zone: Annotated[Text, Field(min_length=1, max_length=64)] | None = None
    suspended: bool | None = None
    reason: Annotated[Text, Field(max_length=500)] = ""
    request_id: UUID | None = None


class UsageSum(BaseModel):
    """Usage summed up by `key`: a day, a portal's id or a metric. Costs in millionths of the minor unit."""

    key: str
    replies: int
    tokens: int
    cost_micro: int
    price_minor: int | None
    currency: str | None


class UsageEvent(BaseModel):
    """One counted unit; its id is that of the message that was answered."""

    id: str
    created_at: str
    portal_id: str
    trace_id: str | None
    metric: str
    units: int
    channel: str
    message_id: str | None


class LimitAlert(BaseModel):
    """A limit of which `threshold` per cent are used."""

    id: str
    created_at: str
    portal_id: str
    name: str
    threshold: int
    used: int
    limit: int
    resets_at: str


class Activity(BaseModel):
    """On how many days a portal used the bot, and its replies on each, the first day first."""

    id: str
    portal_id: str
    active_days: int
    replies: list[int]


class UsageDay(BaseModel):
    """What was used of a metric on a day (UTC)."""

    day: str
    name: str
    units: int


class Statement(BaseModel):
    """What a portal was on and used in one period."""

    portal_id: str
    period: UsagePeriod
    plan: Plan
    changes: list[SubscriptionEntry]
    limits: list[UsageLimit]
    days: list[UsageDay]
    cost_micro: int
    unpriced_calls: int
    price_minor: int
    currency: str


class PriceChange(BaseModel):
    """What a million tokens of a model cost, in minor units."""

    model: Annotated[Text, Field(min_length=1, max_length=200)]
    prompt_minor: Annotated[int, Field(ge=0, le=1_000_000_000)]
    completion_minor: Annotated[int, Field(ge=0, le=1_000_000_000)]
    currency: Currency = "RUB"


class ModelPrice(PriceChange):
    """A price, and since when it counts."""

    valid_from: str


class ModelPrices(BaseModel):
    """Prices that count now, and models that were asked in the last 30 days and have none."""

    items: list[ModelPrice]
    unpriced: list[str]


class Drift(BaseModel):
    """A counter that is not what its events add up to."""

    portal_id: str
    name: str
    period_from: str
    counter: int
    events: int
    found_at: str | None


class Drifts(BaseModel):
    """The largest first."""

    items: list[Drift]
