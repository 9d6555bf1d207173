"""What waits in queues whose rows are the work: the same figures for the console and for Prometheus."""

from collections.abc import Iterable
from dataclasses import dataclass

from kit import metrics

MEASURE_S = 15.0
"""How often workers look: as often as Prometheus asks them."""
MOST = 100_000
"""What is counted; more is as good as this."""


@dataclass(frozen=True)
class QueueState:
    """A queue as its rows say; None = not known of this one."""

    name: str
    depth: int
    oldest_s: float
    """For how long the oldest of what is due has waited."""
    rate_per_min: float | None = None
    failed_last_hour: int | None = None
    dead: int | None = None
    held_portals: int | None = None


def measure(states: Iterable[QueueState]) -> None:
    """Tell Prometheus."""
    for one in states:
        metrics.QUEUE_DEPTH.labels(one.name).set(one.depth)
        metrics.QUEUE_OLDEST.labels(one.name).set(one.oldest_s)
