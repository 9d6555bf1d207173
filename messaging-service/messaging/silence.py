"""When silence is unusual: against the portal's own hours, on working days and on free ones. Pure.

What counts is in how many different hours people usually write, not how much: one who asks fifty questions in
a row makes no fifty reasons to expect another.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

HISTORY = timedelta(days=28)
MIN_DAYS = 3
"""Of a kind (working or free) that must be known to call anything usual."""
UNUSUAL_FROM = 6.0
"""Hours with messages that silence has to swallow; chance does so once in hundreds of times."""
_LONGEST = timedelta(days=14)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Silence:
    """How long nobody wrote (`since` None: nobody ever did), and in how many hours of that people usually do."""

    since: datetime | None
    expected_hours: float
    known_days: int

    @property
    def is_unusual(self) -> bool:
        """Whether somebody should look."""
        return self.expected_hours >= UNUSUAL_FROM


def judge(hours: Mapping[datetime, int], last_at: datetime | None, now: datetime) -> Silence:
    """Return how unusual it is that nobody has written since `last_at`; `hours`: messages by full hour, in UTC."""
    if last_at is None or not hours:
        return Silence(last_at, 0.0, 0)
    begin = max(min(hours), hour_of(last_at - HISTORY))
    seen: dict[tuple[bool, int], int] = defaultdict(int)
    days: dict[tuple[bool, int], int] = defaultdict(int)
    slot, end = begin, hour_of(last_at)
    while slot <= end:
        days[_kind(slot)] += 1
        seen[_kind(slot)] += bool(hours.get(slot)) or slot == end
        slot += _HOUR
    usual = {kind: seen[kind] / count for kind, count in days.items() if count >= MIN_DAYS}
    return Silence(last_at, _expected(usual, max(last_at, now - _LONGEST), now), (end - begin).days)


def hour_of(moment: datetime) -> datetime:
    """Return the full hour that a moment is in."""
    return moment.replace(minute=0, second=0, microsecond=0)


def _expected(usual: Mapping[tuple[bool, int], float], since: datetime, now: datetime) -> float:
    """Return in how many hours between two moments people usually write; the first, where they did, is not one."""
    expected, slot = 0.0, hour_of(since) + _HOUR
    while slot < now:
        expected += usual.get(_kind(slot), 0.0) * min((now - slot) / _HOUR, 1.0)
        slot += _HOUR
    return expected


def _kind(slot: datetime) -> tuple[bool, int]:
    return slot.weekday() < 5, slot.hour
