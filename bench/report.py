"""What was measured, as a table for people (`report.md`) and as data (`report.json`)."""

import dataclasses
import json
import os
import platform
import statistics
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, cast

FOLDER = Path(__file__).parent
REGRESSION = 0.1
"""By how much a ratio may be worse than in the committed report."""
_HOW = (
    "Every number is the median of the rounds, a ratio that of the ratios within each round. The spread is from "
    "the lowest round to the highest; what was measured once has none. "
    "The load generator, the servers, Postgres and Redis share the machine's processors."
)
Measured = float | Sequence[float]
"""A number, or that of each round."""


class Row(Protocol):
    """One thing measured: a dataclass, for its fields go into `report.json`."""

    def cells(self) -> Sequence[str]:
        """What the table shows of it."""


@dataclass(frozen=True)
class Goal:
    """A number to watch; missing it is not a failure of the benchmark."""

    what: str
    wanted: str
    measured: float
    is_met: bool
    better: str = ""
    """Of a ratio, which machines share: whether `more` or `less` is better. Empty: no ratio, or neither."""
    rounds: Sequence[float] = ()
    """What `measured` is the median of."""

    @classmethod
    def at_least(cls, what: str, bound: float, measured: Measured, *, is_ratio: bool = False) -> "Goal":
        """A number that is to be high."""
        median, rounds = _median(measured)
        return cls(what, f">= {bound:g}", median, median >= bound, "more" if is_ratio else "", rounds)

    @classmethod
    def at_most(cls, what: str, bound: float, measured: Measured, *, is_ratio: bool = False) -> "Goal":
        """A number that is to be low."""
        median, rounds = _median(measured)
        return cls(what, f"<= {bound:g}", median, median <= bound, "less" if is_ratio else "", rounds)

    @classmethod
    def between(cls, what: str, low: float, high: float, measured: Measured) -> "Goal":
        """A number that is to be neither low nor high."""
        median, rounds = _median(measured)
        return cls(what, f"{low:g} to {high:g}", median, low <= median <= high, rounds=rounds)

    def is_worse_than(self, before: float, rounds: Sequence[float] = ()) -> bool:
        """Return whether a ratio got worse by more than a tenth, and in every round: else it is noise.

        `rounds`: what `before` is the median of.
        """
        now, then = self.rounds or [self.measured], rounds or [before]
        if self.better == "more":
            return self.measured < before * (1 - REGRESSION) and max(now) < min(then)
        return self.better == "less" and self.measured > before * (1 + REGRESSION) and min(now) > max(then)

    def cells(self) -> Sequence[str]:
        """What the table shows of it."""
        low, high = min(self.rounds, default=0.0), max(self.rounds, default=0.0)
        spread = f"{_number(low)} to {_number(high)} in {len(self.rounds)}" if self.rounds else ""
        return self.what, self.wanted, _number(self.measured), spread, "yes" if self.is_met else "no"


@dataclass(frozen=True)
class Section:
    """One benchmark."""

    title: str
    head: Sequence[str]
    rows: Sequence[Row]
    goals: Sequence[Goal]
    note: str = ""
    """What a reader has to know of the numbers."""
    part: str = ""
    """Of the bench, which measures this: a word of its command."""


@dataclass(frozen=True)
class Report:
    """All benchmarks of one run and where they ran."""

    date: str
    commit: str
    machine: Mapping[str, str | int]
    load_average_before: float
    """Over the minute before the start: what else ran on the machine."""
    sections: Sequence[Section]

    def markdown(self) -> str:
        """The report for people."""
        machine = ", ".join(f"{name} {value}" for name, value in self.machine.items())
        where = f"`make bench`, {self.date}, commit {self.commit}; {machine}"
        lines = ["# Benchmarks", "", f"{where}; load average before: {self.load_average_before}. {_HOW}"]
        for section in self.sections:
            lines += ["", f"## {section.title}", "", f"Alone: `.venv/bin/python -m bench --only {section.part}`"]
            lines += ["", *_table(section.head, (row.cells() for row in section.rows))]
            lines += ["", section.note] if section.note else []
            goals = (goal.cells() for goal in section.goals)
            lines += ["", *_table(("to watch", "wanted", "measured", "spread", "met"), goals)]
        return "\n".join([*lines, ""])

    def write(self) -> None:
        """Write both files into the folder of the benchmarks."""
        (FOLDER / "report.md").write_text(self.markdown())
        (FOLDER / "report.json").write_text(json.dumps(dataclasses.asdict(self), indent=2) + "\n")


def regressions(found: Report, before: Mapping[str, Any], *, is_whole: bool = True) -> list[str]:
    """Return which ratios are worse than in a report as `report.json` holds it; a new one is no worse.

    `is_whole`: every part was run, so one that is not there is told too.
    """
    known = {
        (section["title"], goal["what"]): goal
        for section in before.get("sections", [])
        for goal in section["goals"]
    }
    measured = {(section.title, goal.what): goal for section in found.sections for goal in section.goals}
    worse = [
        f"{title}: {what}: {goal.measured:.3g}, before {then['measured']:.3g}"
        for (title, what), goal in measured.items()
        if (then := known.get((title, what))) and goal.is_worse_than(then["measured"], then.get("rounds", ()))
    ]
    ratios = {key for key, goal in known.items() if goal.get("better")}
    gone = sorted(ratios - set(measured)) if is_whole else []
    return worse + [f"{title}: {what}: not measured any more" for title, what in gone]


def committed() -> Mapping[str, Any]:
    """Return the committed report: what a run is compared with. Empty where there is none."""
    show = ["git", "show", "HEAD:./report.json"]
    told = subprocess.run(show, cwd=FOLDER, capture_output=True, text=True, check=False)
    return cast("Mapping[str, Any]", json.loads(told.stdout)) if told.returncode == 0 else {}


def machine() -> dict[str, str | int]:
    """What the numbers depend on."""
    model = next(
        (
            line.partition(": ")[2]
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    return {
        "processor": model,
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def commit() -> str:
    """The commit that is measured; `+` where the working copy differs from it."""
    command = ["git", "describe", "--always", "--dirty=+", "--abbrev=10"]
    described = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False)
    return described.stdout.strip() or "unknown"


def now() -> str:
    """This minute, UTC."""
    return datetime.now(UTC).isoformat(timespec="minutes")


def _number(value: float) -> str:
    """Three digits, or all before the point."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _median(measured: Measured) -> tuple[float, Sequence[float]]:
    return (measured, ()) if isinstance(measured, int | float) else (statistics.median(measured), tuple(measured))


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return ["| " + " | ".join(line) + " |" for line in (head, ["---"] * len(head), *rows)]
