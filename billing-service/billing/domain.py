"""Values of this context and its pure rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

REPLIES = "replies_per_month"
"""The metric that every answer from knowledge is counted under."""
TOKENS = "llm_tokens_per_month"
"""The metric of what models were given to read and have written."""
KEPT = frozenset({"kb_documents", "kb_megabytes"})
"""Limits of what a portal keeps: whoever keeps it counts it."""


@dataclass(frozen=True)
class Period:
    """The time over which usage is counted: from `start`, before `end` (UTC)."""

    start: datetime
    end: datetime


def period_of(now: datetime) -> Period:
    """Return the calendar month (UTC) that a moment belongs to."""
    start = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    end = start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
    return Period(start, end)


@dataclass(frozen=True)
class Plan:
    """A plan with its current version. `limits`: metric -> the most of it in a period; absent = unlimited."""

    code: str
    version: int
    name_ru: str
    name_en: str
    price_minor: int
    currency: str
    limits: Mapping[str, int]


DEFAULT_PLAN_CODE = "start"


def default_plan(env: str) -> Plan:
    """Return the plan of every new portal. Development has no limit that a load test would meet."""
    replies = 1_000_000 if env == "dev" else 1_000
    limits = {REPLIES: replies, "kb_documents": 500, "kb_megabytes": 1_000}
    return Plan(DEFAULT_PLAN_CODE, 1, "Старт", "Start", 0, "RUB", limits)


@dataclass(frozen=True)
class Reservation:
    """A unit to be set aside: `key` is the id of the message that will be answered."""

    portal_id: UUID
    key: UUID


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
class Decision:
    """The answer to a reservation: `limit` names what is used up, and `resets_at` when it starts anew."""

    key: UUID
    granted: bool
    limit: str
    resets_at: datetime | None


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

    plan_code: str
    period: Period
    metrics: Mapping[str, Room]
