"""What the whole stack costs when nobody writes, and how soon it is there."""

import asyncio
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

from bench import cpu
from bench.report import Goal, Section
from bench.system import scratch
from bench.whole import whole_stack

_OF_THE_STAND = {"sim"}
"""Bitrix24 itself, which nobody runs."""


@dataclass(frozen=True)
class Plan:
    """How often it is started, and how long it rests before it is looked at, and while."""

    starts: int
    calm_s: float
    rest_s: float
    rounds: int


FULL = Plan(starts=3, calm_s=20, rest_s=20, rounds=3)
QUICK = Plan(starts=1, calm_s=3, rest_s=5, rounds=1)


@dataclass(frozen=True)
class Row:
    """A process at rest, with what it started."""

    process: str
    memory_mb: float
    cpu_share: float
    """Of one core."""

    def cells(self) -> Sequence[str]:
        """What the table shows of it."""
        return self.process, f"{self.memory_mb:.0f}", f"{self.cpu_share:.2%}"


async def measure(plan: Plan) -> Section:
    """Start it once for its database, then as `make run` does from the second time on, and let it rest."""
    print("rest: the stack without work", flush=True)
    took: list[float] = []
    with scratch() as folder:
        async with whole_stack(folder):
            pass
        for _ in range(plan.starts - 1):
            began = perf_counter()
            async with whole_stack(folder):
                took.append(perf_counter() - began)
        began = perf_counter()
        async with whole_stack(folder) as stack:
            took.append(perf_counter() - began)
            processes = {name: pid for name, pid in stack.processes.items() if name not in _OF_THE_STAND}
            await asyncio.sleep(plan.calm_s)
            rounds = [await _at_rest(processes, plan.rest_s) for _ in range(plan.rounds)]
    wholes = [
        Row("all", sum(row.memory_mb for row in rows), sum(row.cpu_share for row in rows)) for rows in rounds
    ]
    return Section(
        title="At rest: memory and processor time of the whole stack, and its start",
        head=("process", "memory, MB", "of one core"),
        rows=[_median(rows) for rows in zip(*rounds, strict=True)] + [_median(wholes)],
        goals=[
            Goal.at_most("memory, MB", 900, [row.memory_mb for row in wholes]),
            Goal.at_most("of one core", 0.05, [row.cpu_share for row in wholes], is_ratio=True),
            Goal.at_most(f"started, the slowest of {len(took)}, s", 15, max(took)),
        ],
        note="Without the simulator. Memory that processes share counts for each in part. A start is one of a "
        f"folder that was in use before: {', '.join(f'{one:.1f}' for one in took)} s.",
    )


async def _at_rest(processes: Mapping[str, int], seconds: float) -> list[Row]:
    """Look at each process for so long."""
    before, began = cpu.used(processes), perf_counter()
    await asyncio.sleep(seconds)
    seconds, after, memory = perf_counter() - began, cpu.used(processes), cpu.resident(processes)
    return [Row(name, memory[name], (after[name] - before[name]) / seconds) for name in sorted(processes)]


def _median(rows: Sequence[Row]) -> Row:
    """Of the rounds of one process."""
    return Row(
        rows[0].process,
        statistics.median(row.memory_mb for row in rows),
        statistics.median(row.cpu_share for row in rows),
    )
