"""Reading a table newest first, a window of time after the other, whatever is looked for and however rare it is.

No index orders the rows of all portals, and none holds each thing that can be asked for. So a list is read in
windows that grow as long as they cost little, until it is full, the rows end or the time is up; then it goes on
from there with the next page. A window is measured in bytes of the table, so that an empty month is one step and
a busy minute is not.
"""

import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import TypeVar
from uuid import UUID

from kit import ids

BUDGET_S = 0.05
"""How long a page is looked for."""
FIRST = float(1 << 18)
"""Bytes of the first window: it holds a page of what everybody sees."""
WHOLE = math.inf
"""Of one that an index serves, whatever is in it."""
_LARGEST = float(1 << 28)
"""Bytes that are read within a few budgets, should they hold more of what is looked for than those before."""
_GROWTH = 8.0
_CAUTION = 3.0
"""The next window may hold more than its size says, and the machine be busier."""
_ENOUGH = 0.85
"""Of the budget, after which another window would be too small to be worth it."""

_Y1970 = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)

T = TypeVar("T")


@dataclass(frozen=True)
class Part:
    """A partition, of rows whose ids carry a time in [first_ms, end_ms), with its size on disk in bytes."""

    first_ms: int
    end_ms: int
    size: int


@dataclass(frozen=True)
class Window:
    """Rows with `first` <= id < `end`; None = however old, however new."""

    first: UUID | None
    end: UUID | None

    def and_from(self, first: UUID | None) -> "Window":
        """Return the part of it from an id on; None leaves it as it is."""
        return replace(self, first=max(filter(None, (self.first, first)), default=None))

    def and_before(self, end: UUID | None) -> "Window":
        """Return the part of it below an id; None leaves it as it is."""
        return replace(self, end=min(filter(None, (self.end, end)), default=None))


ALL = Window(None, None)


def floor(moment: datetime | None) -> UUID | None:
    """Return the smallest id of a moment, of 1970 for earlier ones; None for None."""
    return ids.floor_of(max(moment, _Y1970)) if moment else None


def after(identifier: UUID, time: timedelta) -> UUID | None:
    """Return the smallest id of so long after another; None beyond the last."""
    ms = (identifier.int >> 80) + time // _MS
    return ids.stamp(ms, 0) if ms < 1 << 48 else None


class Budget:
    """How long may be read, in seconds by `clock`."""

    def __init__(self, seconds: float, clock: Callable[[], float] = perf_counter) -> None:
        self._seconds = seconds
        self._clock = clock
        self._started = self._last = clock()

    def growth(self) -> float:
        """Return by how much the next window may be larger than the one just read; 0 = the time is up."""
        now = self._clock()
        took, self._last = now - self._last, now
        left = self._seconds - (now - self._started)
        if left <= self._seconds * (1 - _ENOUGH):
            return 0.0
        return min(_GROWTH, left / max(took, 1e-6) / _CAUTION)


async def walk(
    parts: Sequence[Part],
    bounds: Window,
    limit: int,
    read: Callable[..., Awaitable[list[T]]],
    budget: Budget,
    size: float = FIRST,
) -> tuple[list[T], UUID | None]:
    """Read up to `limit` rows within `bounds`, newest first, by `read(window, limit=rows wanted)`; `size`: of
    the first window.

    Returns the rows and the id below which to go on when the time was up before the list was full or at its end.
    """
    found: list[T] = []
    end = bounds.end
    while True:
        first = reach(parts, end, size)
        if first is None or (bounds.first is not None and first <= bounds.first):
            first = bounds.first
        found += await read(Window(first, end), limit=limit - len(found))
        if len(found) >= limit or first == bounds.first:
            return found, None
        growth = budget.growth()
        if not growth:
            return found, first
        end, size = first, min(max(size * growth, FIRST), _LARGEST)


def reach(parts: Sequence[Part], end: UUID | None, size: float) -> UUID | None:
    """Return where a window of about `size` bytes begins that stops before `end`; None = with the oldest row.

    `parts` come newest first. Rows are taken to be spread evenly over a partition.
    """
    end_ms = end.int >> 80 if end else None
    for part in parts:
        upper = part.end_ms if end_ms is None else min(part.end_ms, end_ms)
        if upper <= part.first_ms:
            continue
        bytes_per_ms = part.size / (part.end_ms - part.first_ms)
        if bytes_per_ms * (upper - part.first_ms) > size:
            first_ms = upper - max(1, int(size / bytes_per_ms))
            return ids.stamp(first_ms, 0)
        size -= bytes_per_ms * (upper - part.first_ms)
    return None
