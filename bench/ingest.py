"""Ingest: acknowledged and durable events a second, beside a bare handler and the reference monolith."""

import asyncio
import functools
import statistics
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from bench.events import PORTALS
from bench.load import GENERATOR, Job, Result, drive, per_1000
from bench.report import Goal, Section
from bench.system import engines
from bench.targets import Target, bare_handler, monolith, ours

SATURATING = 64
"""Connections of the closed loop."""
OPEN_LOOP = 256
"""Connections of the open loop: enough that a stall shows in the server, not in a queue for connections."""
IDS_PER_RUN = 10_000_000
PATIENCE_S = 20.0
_HEAD = (
    *("name", "events/s", "ack p50, ms", "ack p99, ms", "x bare", "x monolith", "servers' CPU s / 1000 events"),
    *("of which", "load generator's", "rows checked", "others, cores"),
)


class NotDurable(Exception):
    """Something acknowledged is not in the database, or there twice."""


@dataclass(frozen=True)
class Plan:
    """How long to measure."""

    rounds: int
    warm_s: float
    measure_s: float


FULL = Plan(rounds=5, warm_s=1.5, measure_s=9)
QUICK = Plan(rounds=3, warm_s=1, measure_s=2.5)


@dataclass(frozen=True)
class Row:
    """A server: medians over the rounds."""

    name: str
    events_per_s: float
    ack_p50_ms: float
    ack_p99_ms: float
    ratio_to_bare: float | None
    ratio_to_monolith: float | None
    cpu_s_per_1000: Mapping[str, float]
    """Processor seconds per 1000 events, by process, the load generator's too."""
    rows_checked: int
    """Messages that were sought in the database after the runs, each found once with all its rows."""
    others_cores: float
    """Processors that other programs and the kernel kept busy meanwhile."""
    rounds: Sequence[Result]

    def cells(self) -> Sequence[str]:
        """What the table shows of it."""
        servers = {name: cpu_s for name, cpu_s in self.cpu_s_per_1000.items() if name != GENERATOR}
        return (
            self.name,
            f"{self.events_per_s:.0f}",
            f"{self.ack_p50_ms:.1f}",
            f"{self.ack_p99_ms:.1f}",
            _ratio(self.ratio_to_bare),
            _ratio(self.ratio_to_monolith),
            f"{sum(servers.values()):.3f}",
            ", ".join(f"{name} {cpu_s:.3f}" for name, cpu_s in servers.items()),
            f"{self.cpu_s_per_1000[GENERATOR]:.3f}",
            str(self.rows_checked or ""),
            f"{self.others_cores:.2f}",
        )


@dataclass
class Runs:
    """The results of one row, one per round."""

    results: list[Result] = field(default_factory=list)
    rows_checked: int = 0

    def each(self, value: Callable[[Result], float]) -> list[float]:
        """A number of each round."""
        return [value(result) for result in self.results]

    def median(self, value: Callable[[Result], float]) -> float:
        """The median over the rounds."""
        return statistics.median(self.each(value))

    def ratios_to(self, other: "Runs", value: Callable[[Result], float]) -> list[float]:
        """The ratio of a number within each round."""
        return [one / beside for one, beside in zip(self.each(value), other.each(value), strict=True)]


class Bench:
    """Runs jobs against targets, each with message ids of its own, and checks what was stored."""

    def __init__(self, plan: Plan, settle: Callable[[], Awaitable[None]]) -> None:
        self._plan = plan
        self._settle = settle
        self._next_id = 1_000_000_000

    async def measure(self, runs: Runs, target: Target, rate: float = 0, portals: int = PORTALS) -> Result:
        """Run once, with events of so many portals, and add to `runs`. Raises NotDurable."""
        await self._settle()
        first_id, self._next_id = self._next_id, self._next_id + IDS_PER_RUN
        job = Job(
            port=target.port,
            connections=OPEN_LOOP if rate else SATURATING,
            rate=rate,
            warm_s=self._plan.warm_s,
            measure_s=self._plan.measure_s,
            first_id=first_id,
            processes=target.processes,
            portals=portals,
        )
        result = await drive(job)
        runs.results.append(result)
        runs.rows_checked += await check(target, first_id, result.sent, PATIENCE_S)
        return result


async def check(target: Target, first_id: int, sent: int, patience_s: float) -> int:
    """Return how many messages were found, each once with all its rows. Raises NotDurable."""
    if target.stored is None:
        return 0
    deadline = asyncio.get_running_loop().time() + patience_s
    # An event that went to the gateway's spool is durable there, and reaches the database a little later.
    while (found := await target.stored(first_id, first_id + sent)) != (sent, sent):
        if asyncio.get_running_loop().time() > deadline:
            raise NotDurable(f"{target.name}: {sent} acknowledged, found {found[0]} rows of {found[1]} messages")
        await asyncio.sleep(0.5)
    return sent


async def measure(plan: Plan) -> Section:
    """Measure the three side by side, round by round, and ours at half of its saturation."""
    bare_runs, monolith_runs, our_runs, half_runs = Runs(), Runs(), Runs(), Runs()
    async with engines() as running, AsyncExitStack() as stack:
        bench = Bench(plan, running.settle)
        bare = await stack.enter_async_context(bare_handler(running))
        reference = await stack.enter_async_context(monolith(running))
        product = await stack.enter_async_context(ours(running))
        for number in range(plan.rounds):
            print(f"round {number + 1} of {plan.rounds}", flush=True)
            await bench.measure(bare_runs, bare)
            await bench.measure(monolith_runs, reference)
            saturated = await bench.measure(our_runs, product)
            await bench.measure(half_runs, product, saturated.per_second / 2)
    return Section(
        title="Ingest: POST /v1/bitrix/events, acknowledged and durable",
        head=_HEAD,
        rows=[
            _row(bare.name, bare_runs),
            _row(reference.name, monolith_runs, bare_runs),
            _row(product.name, our_runs, bare_runs, monolith_runs),
            _row(f"{product.name}, half load", half_runs),
        ],
        goals=[
            Goal.at_least(
                "events/s, times the monolith", 8, our_runs.ratios_to(monolith_runs, per_second), is_ratio=True
            ),
            Goal.at_least(
                "events/s, times the bare handler", 0.5, our_runs.ratios_to(bare_runs, per_second), is_ratio=True
            ),
            Goal.at_most("half load: ack p50, ms", 15, half_runs.each(p50_ms)),
            Goal.at_most("half load: ack p99, ms", 100, half_runs.each(p99_ms)),
        ],
    )


def _row(name: str, runs: Runs, bare: Runs | None = None, reference: Runs | None = None) -> Row:
    return Row(
        name=name,
        events_per_s=runs.median(per_second),
        ack_p50_ms=runs.median(p50_ms),
        ack_p99_ms=runs.median(p99_ms),
        ratio_to_bare=statistics.median(runs.ratios_to(bare, per_second)) if bare else None,
        ratio_to_monolith=statistics.median(runs.ratios_to(reference, per_second)) if reference else None,
        cpu_s_per_1000={
            process: runs.median(functools.partial(per_1000, process=process)) for process in runs.results[0].cpu_s
        },
        rows_checked=runs.rows_checked,
        others_cores=runs.median(lambda result: result.others_cores),
        rounds=runs.results,
    )


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def per_second(result: Result) -> float:
    """Events a second of a round."""
    return result.per_second


def p50_ms(result: Result) -> float:
    """The median of a round's acknowledgements."""
    return result.p50_ms


def p99_ms(result: Result) -> float:
    """The slow ones of a round's acknowledgements."""
    return result.p99_ms
