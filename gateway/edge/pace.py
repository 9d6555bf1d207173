"""How long the last events waited for their 200, as this process saw it."""

import statistics
import time
from collections import deque

_KEPT = 2_000
_HOUR_S = 3600.0


class Pace:
    """The last hour's events, at most 2 000 of them."""

    def __init__(self) -> None:
        self._took: deque[tuple[float, float]] = deque(maxlen=_KEPT)

    def saw(self, took_s: float) -> None:
        """Take note of an event that was answered."""
        self._took.append((time.monotonic(), took_s))

    def acks(self) -> tuple[int, float | None]:
        """Return how many there were, and the p95 (ms); None where there is none."""
        since = time.monotonic() - _HOUR_S
        took = [seconds for at, seconds in self._took if at >= since]
        if len(took) < 2:
            return len(took), 1000 * took[0] if took else None
        return len(took), 1000 * statistics.quantiles(took, n=20)[-1]
