"""The run time of a method over ten minutes, and its limit (contract 3.4)."""

from dataclasses import dataclass, field
from typing import Final

BUCKET_SECONDS: Final = 60
BUCKETS: Final = 10
WINDOW_SECONDS: Final = BUCKET_SECONDS * BUCKETS
LIMIT_SECONDS: Final = 480.0
COUNTED_FROM: Final = 0.1
"""Only calls longer than this many seconds count."""


@dataclass(frozen=True, slots=True)
class Operating:
    """Seconds a method ran within the window, and when its oldest bucket leaves it."""

    seconds: float
    reset_at: int

    @property
    def exhausted(self) -> bool:
        """Whether the next call of the method is refused."""
        return self.seconds >= LIMIT_SECONDS


@dataclass(slots=True)
class OperatingTime:
    """Run time per method of one portal, in ten one-minute buckets."""

    buckets: dict[str, dict[int, float]] = field(default_factory=dict)

    def add(self, method: str, now: float, seconds: float) -> None:
        """Account for a call that took `seconds`."""
        if seconds > COUNTED_FROM:
            minutes = self.buckets.setdefault(method, {})
            minute = int(now // BUCKET_SECONDS)
            minutes[minute] = minutes.get(minute, 0.0) + seconds

    def of(self, method: str, now: float) -> Operating:
        """What `time.operating` and `time.operating_reset_at` of the method say."""
        minutes = self.buckets.get(method)
        if minutes:
            oldest = int(now // BUCKET_SECONDS) - BUCKETS
            for minute in [minute for minute in minutes if minute <= oldest]:
                del minutes[minute]
        if not minutes:
            return Operating(0, int(now) + WINDOW_SECONDS)
        return Operating(sum(minutes.values()), (min(minutes) + BUCKETS) * BUCKET_SECONDS)
