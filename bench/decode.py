"""Decoding: what reading one event costs before anything is done with it."""

import timeit
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.report import Goal, Section
from bench.system import ROOT
from bitrix import phpform, wire

_SAMPLES = ROOT / "tests/fixtures/bitrix24/events"
_GOAL_US = 150.0


@dataclass(frozen=True)
class Row:
    """A body: the best of many runs, for what else the machine does only adds to it."""

    name: str
    size: int
    form_us: float
    """Until it is nested maps."""
    event_us: float
    """Until it is a typed event."""

    def cells(self) -> Sequence[str]:
        """What the table shows of it."""
        return self.name, str(self.size), f"{self.form_us:.0f}", f"{self.event_us:.0f}"


def measure() -> Section:
    """Decode a sample body of each generation, both of 4 KB."""
    rows = [_row("v2", "09-v2-messageadd-private"), _row("v1", "30-v1-messageadd-private")]
    return Section(
        title="Decoding an event",
        head=("generation", "bytes", "form, us", "typed event, us"),
        rows=rows,
        goals=[Goal.at_most("the slower, us", _GOAL_US, max(row.event_us for row in rows))],
    )


def _row(name: str, sample: str) -> Row:
    body = (_SAMPLES / f"{sample}.txt").read_bytes()
    return Row(
        name=name,
        size=len(body),
        form_us=_best_us(lambda: phpform.decode(body)),
        event_us=_best_us(lambda: wire.read(phpform.decode(body).fields)),
    )


def _best_us(work: Callable[[], object]) -> float:
    return min(timeit.repeat(work, number=200, repeat=20)) / 200 * 1e6
