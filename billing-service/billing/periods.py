"""The months over which usage is counted. Pure."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Period:
    """The time over which usage is counted: from `start`, before `end` (UTC)."""

    start: datetime
    end: datetime


def period_of(now: datetime, anchor_day: int = 1, time_zone: str = "UTC") -> Period:
    """Return the month that a moment belongs to: it begins with the anchor's day, at midnight of a time zone.

    A month that has no such day begins with its last one: of the 31st, February's is the 28th or the 29th. A
    midnight that a change of the clocks leaves out is the moment of the change.
    """
    local = now.astimezone(_zone(time_zone))
    start = _begin(local.year, local.month, anchor_day, time_zone)
    if now < start:
        return Period(_begin(*_month(local.year, local.month, -1), anchor_day, time_zone), start)
    return Period(start, _begin(*_month(local.year, local.month, 1), anchor_day, time_zone))


@lru_cache(maxsize=10_000)
def _begin(year: int, month: int, anchor_day: int, time_zone: str) -> datetime:
    day = min(anchor_day, monthrange(year, month)[1])
    return datetime(year, month, day, tzinfo=_zone(time_zone)).astimezone(UTC)


def _month(year: int, month: int, step: int) -> tuple[int, int]:
    months = year * 12 + month - 1 + step
    return months // 12, months % 12 + 1


@lru_cache(maxsize=700)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
