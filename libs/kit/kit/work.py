"""What this process is at: told to its metrics, to its heartbeat and, where that is on, to tracing."""

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from kit import metrics, tracing
from kit.clock import utc_now

Kind = Literal["job", "piece", "round"]
"""A job of the queue, a piece of claimed work, a round of a background task."""

_numbers = itertools.count()
_running: dict[int, "Work"] = {}


@dataclass(frozen=True)
class Work:
    """Something under way."""

    kind: Kind
    name: str
    since: datetime


@contextmanager
def doing(kind: Kind, name: str) -> Iterator[None]:
    """Count, time and tell of the body. A round gets no span: most of them find nothing to do."""
    number, began = next(_numbers), time.perf_counter()
    _running[number] = Work(kind, name, utc_now())
    outcome = "ok"
    metrics.WORK_RUNNING.labels(kind, name).inc()
    try:
        with tracing.NOTHING if kind == "round" else tracing.span(name):
            yield
    except Exception:
        outcome = "failed"
        raise
    finally:
        del _running[number]
        metrics.WORK_RUNNING.labels(kind, name).dec()
        metrics.WORK_SECONDS.labels(kind, name, outcome).observe(time.perf_counter() - began)


def current() -> Work | None:
    """Return what has been under way for the longest, None where nothing is."""
    return min(_running.values(), key=lambda work: work.since, default=None)
