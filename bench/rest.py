"""What the whole stack costs when nobody writes, and how soon it is there."""

import asyncio
from collections.abc import Sequence
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


FULL = Plan(starts=3, calm_s=20, rest_s=60)
QUICK = Plan(starts=1, calm_s=3, rest_s=5)


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
            before, began = cpu.used(processes), perf_counter()
            await asyncio.sleep(plan.rest_s)
            seconds, after = perf_counter() - began, cpu.used(processes)
            memory = cpu.resident(processes)
    rows = [Row(name, memory[name], (after[name] - before[name]) / seconds) for name in sorted(processes)]
    rows.append(Row("all", sum(row.memory_mb for row in rows), sum(row.cpu_share for row in rows)))
    return Section(
        title="At rest: memory and processor time of the whole stack, and its start",
        head=("process", "memory, MB", "of one core"),
        rows=rows,
        goals=[
            Goal.at_most("memory, MB", 900, rows[-1].memory_mb),
            Goal.at_most("of one core", 0.05, rows[-1].cpu_share, is_ratio=True),
            Goal.at_most(f"started, the slowest of {len(took)}, s", 15, max(took)),
        ],
        note="Without the simulator. Memory that processes share counts for each in part. A start is one of a "
        f"folder that was in use before: {', '.join(f'{one:.1f}' for one in took)} s.",
    )
