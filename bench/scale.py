"""What size changes: lists of a database in use for long, ingest into it, ingest for one portal or thousands."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bench import ingest, lists
from bench.events import PORTALS
from bench.fill import fill
from bench.ingest import Bench, Runs, p50_ms, p99_ms, per_second
from bench.report import Goal, Section
from bench.system import engines
from bench.targets import Target, ours

MANY = 5_000
_LOW, _HIGH = 0.8, 1.25


@dataclass(frozen=True)
class Plan:
    """How much, and how long to measure."""

    rows: int
    calls: int
    ingest: ingest.Plan


FULL = Plan(rows=10_000_000, calls=40, ingest=ingest.Plan(rounds=3, warm_s=1.5, measure_s=5))
QUICK = Plan(rows=200_000, calls=5, ingest=ingest.Plan(rounds=1, warm_s=1, measure_s=2))


@dataclass
class Case:
    """A database and how many portals write into it."""

    name: str
    target: Target
    portals: int
    saturated: Runs = field(default_factory=Runs)
    half: Runs = field(default_factory=Runs)


@dataclass(frozen=True)
class Row:
    """A case: medians over the rounds."""

    name: str
    events_per_s: float
    half_p50_ms: float
    half_p99_ms: float
    rows_checked: int

    def cells(self) -> Sequence[str]:
        """What the table shows of it."""
        numbers = (f"{self.events_per_s:.0f}", f"{self.half_p50_ms:.1f}", f"{self.half_p99_ms:.1f}")
        return self.name, *numbers, str(self.rows_checked)


async def measure(plan: Plan) -> list[Section]:
    """Fill a database, read its lists, and take events into it and into an empty one in turn."""
    async with engines() as running, AsyncExitStack() as stack:
        on_empty, on_full = await running.another("empty"), await running.another("filled")
        empty = await stack.enter_async_context(ours(on_empty, MANY))
        full = await stack.enter_async_context(ours(on_full))
        now = datetime.now(UTC)
        print(f"loading {plan.rows:,} messages", flush=True)
        filled = await fill(on_full.dsns["messaging"], plan.rows, now)
        await running.settle()
        print("lists", flush=True)
        read = await lists.measure(full.messaging, on_full.dsns["messaging"], filled, plan.calls, now)
        cases = [
            Case("one portal", empty, 1),
            Case(f"{MANY:,} portals", empty, MANY),
            Case("empty database", empty, PORTALS),
            Case(f"{filled.rows:,} messages stored", full, PORTALS),
        ]
        bench = Bench(plan.ingest, running.settle)
        for number in range(plan.ingest.rounds):
            print(f"ingest by size: round {number + 1} of {plan.ingest.rounds}", flush=True)
            for pair in (cases[:2], cases[2:]):
                await _round(bench, pair if number % 2 == 0 else pair[::-1])
    return [read, _section(cases)]


async def _round(bench: Bench, pair: Sequence[Case]) -> None:
    """Saturate both, then give both the same: half of what the slower takes."""
    rates = [(await bench.measure(case.saturated, case.target, portals=case.portals)).per_second for case in pair]
    for case in pair:
        await bench.measure(case.half, case.target, min(rates) / 2, case.portals)


def _section(cases: Sequence[Case]) -> Section:
    goals = []
    for one, other in (cases[:2], cases[2:]):
        what = f"{other.name}, times {one.name}"
        goals += [
            Goal.between(f"{what}: events/s", _LOW, _HIGH, other.saturated.ratios_to(one.saturated, per_second)),
            Goal.between(f"{what}: ack p50 at half load", _LOW, _HIGH, other.half.ratios_to(one.half, p50_ms)),
        ]
    return Section(
        title="Ingest by size: how many portals, how much is stored",
        head=("name", "events/s", "half load: ack p50, ms", "half load: ack p99, ms", "rows checked"),
        rows=[
            Row(
                name=case.name,
                events_per_s=case.saturated.median(per_second),
                half_p50_ms=case.half.median(p50_ms),
                half_p99_ms=case.half.median(p99_ms),
                rows_checked=case.saturated.rows_checked + case.half.rows_checked,
            )
            for case in cases
        ],
        goals=goals,
    )
