"""Delivery: a long queue within a portal's limits, its neighbours meanwhile, many portals at once, and a claim."""

import asyncio
import math
import os
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

from bench import cpu, scheduler
from bench.callers import SEND, Task
from bench.calls import drive
from bench.load import GENERATOR
from bench.report import Goal, Section
from bench.stage import PLATFORM_LIMITS, BenchPortal, Stage, message, stage
from bench.system import engines

_PATIENCE_S = 120.0


@dataclass(frozen=True)
class Plan:
    """How much to send."""

    rounds: int
    queued: int
    single_s: float
    neighbours: int
    portals: int
    claims: int


FULL = Plan(rounds=3, queued=2000, single_s=60, neighbours=50, portals=1000, claims=300)
QUICK = Plan(rounds=1, queued=400, single_s=10, neighbours=10, portals=100, claims=50)
_EACH = 10
_QUIET_S = 10.0
_MORE = 1000
"""Messages of the busy portal after those that are timed: its queue lasts while its neighbours are looked at."""
_ONE_CORE = ("worker", "serve", "simulator")
"""Processes of one thread."""


@dataclass(frozen=True)
class Row:
    """Something measured, in words and a number."""

    what: str
    value: str
    measured: float

    def cells(self) -> Sequence[str]:
        """What the table shows of it."""
        return self.what, self.value


async def measure(plan: Plan) -> list[Section]:
    """Measure one after another against one simulator."""
    async with engines() as running:
        async with stage(running) as at:
            sections = [await _queue(at, plan), await _many(at, plan)]
        return [*sections, await scheduler.measure(running.dsns["delivery"], plan.claims)]


async def _queue(at: Stage, plan: Plan) -> Section:
    print(f"delivery: {plan.queued} messages of one portal, {plan.neighbours} neighbours", flush=True)
    neighbours = await at.portals(plan.neighbours, 5)
    await _talk(at, neighbours, 2.0)  # connections are made, statements prepared
    rounds = [await _beside(at, neighbours, plan.queued) for _ in range(plan.rounds)]
    refused = await at.violations()
    single = await _one_by_one(at, plan.single_s)
    seconds, before, during = (statistics.median(numbers) for numbers in zip(*rounds, strict=True))
    ours = 60 * plan.queued / seconds
    return Section(
        title=f"Delivery: {plan.queued} messages queued for one portal (2 requests/s, 50 at once)",
        head=("what", "measured"),
        rows=[
            Row("ours, messages/min", f"{ours:.0f} ({seconds:.1f} s for all)", ours),
            Row("a request a message (b24pysdk), messages/min", f"{single:.0f}", single),
            Row(f"replies of {plan.neighbours} other portals before, p95 ms", f"{before:.0f}", before),
            Row(f"replies of {plan.neighbours} other portals during it, p95 ms", f"{during:.0f}", during),
            Row("requests refused for the limit", str(refused), refused),
        ],
        goals=[
            Goal.at_least(
                "messages/min, times a request a message",
                20,
                [60 * plan.queued / seconds / single for seconds, _, _ in rounds],
                is_ratio=True,
            ),
            Goal.at_most("requests refused for the limit", 0, refused),
            Goal.at_most(
                "neighbours' p95: growth over 20 % or 100 ms, ms", 0, [_growth_ms(*p95) for _, *p95 in rounds]
            ),
        ],
        note="Replies are timed from the outbox to the portal's answer. One worker process. These messages fit "
        f"the 50 requests that a portal takes at once; {_MORE} more follow, the last of them at two requests a "
        "second, and neighbours are looked at beside those too.",
    )


async def _beside(at: Stage, neighbours: Sequence[BenchPortal], queued: int) -> tuple[float, float, float]:
    """Return how long (s) a portal's queue took, and its neighbours' p95 (ms) before and meanwhile."""
    [noisy] = await at.portals(1, 100, PLATFORM_LIMITS)
    quiet = await _talk(at, neighbours, _QUIET_S)
    began = perf_counter()
    await at.enqueue([message(noisy, number) for number in range(queued + _MORE)])
    draining = asyncio.create_task(_drained(at, noisy, queued, began))
    meanwhile = await _talk(at, neighbours, _QUIET_S)
    return await draining, _p95_ms(quiet), _p95_ms(meanwhile)


async def _many(at: Stage, plan: Plan) -> Section:
    print(f"delivery: {plan.portals} portals with {_EACH} messages each", flush=True)
    refused_before = await at.violations()
    rounds = [await _drain(at, plan.portals) for _ in range(plan.rounds)]
    refused = await at.violations() - refused_before
    seconds, busy = sorted(rounds, key=lambda one: one[0])[plan.rounds // 2]
    binds, bound_s = _bound(busy)
    messages = plan.portals * _EACH
    return Section(
        title=f"Delivery: {plan.portals} portals with {_EACH} messages each",
        head=("what", "measured"),
        rows=[
            Row("drained, s", f"{seconds:.1f} ({messages / seconds:.0f} messages/s)", seconds),
            Row(
                "processor time, s",
                ", ".join(f"{name} {used:.1f}" for name, used in busy.items()),
                sum(busy.values()),
            ),
            Row("what binds", f"{binds}: {bound_s:.1f} s", bound_s),
            Row("requests refused for the limit", str(refused), refused),
        ],
        goals=[
            Goal.at_most(
                "drained in, times what the processors allow",
                1.3,
                [seconds / _bound(busy)[1] for seconds, busy in rounds],
                is_ratio=True,
            ),
            Goal.at_most("requests refused for the limit", 0, refused),
        ],
        note="A portal's ten messages fit its bucket, so processors bind, not the buckets. The worker and the "
        "simulator are one thread each: neither can use more than a core, and they share them with the rest, "
        "the load generator too.",
    )


async def _drain(at: Stage, count: int) -> tuple[float, dict[str, float]]:
    """Return for how long (s) new portals' messages were on their way, and what processors (s) it took."""
    portals = await at.portals(count, _EACH, PLATFORM_LIMITS)
    messages = [message(portal, number) for number in range(_EACH) for portal in portals]
    processes = {**at.processes, GENERATOR: os.getpid()}
    before, began = cpu.used(processes), perf_counter()
    await at.enqueue(messages)
    await at.sent(portals, len(messages), _PATIENCE_S)
    seconds = perf_counter() - began
    return seconds, {name: used - before[name] for name, used in cpu.used(processes).items()}


def _bound(busy: Mapping[str, float]) -> tuple[str, float]:
    """Return what was busiest, and how long (s) it had to be."""
    return max(
        *((f"the core of {name}", busy[name]) for name in _ONE_CORE),
        ("all cores of the machine", sum(busy.values()) / (os.cpu_count() or 1)),
        key=lambda bound: bound[1],
    )


async def _drained(at: Stage, portal: BenchPortal, count: int, began: float) -> float:
    await at.sent([portal], count, _PATIENCE_S)
    return perf_counter() - began


async def _talk(at: Stage, portals: Sequence[BenchPortal], seconds: float) -> list[float]:
    """Have a person of each portal answered once a second, spread over it; returns how long each took."""
    seen = await at.sent(portals, 0, _PATIENCE_S)
    rounds = math.ceil(seconds)
    for number in range(rounds):
        began = perf_counter()
        for place, portal in enumerate(portals):
            await at.enqueue([message(portal, number)])
            await asyncio.sleep(max(0.0, began + (place + 1) / len(portals) - perf_counter()))
    took = await at.sent(portals, len(seen) + rounds * len(portals), _PATIENCE_S)
    for one in seen:
        took.remove(one)
    return took


async def _one_by_one(at: Stage, seconds: float) -> float:
    """Return the messages a minute of a client that makes a request for each."""
    [portal] = await at.portals(1, 100, PLATFORM_LIMITS)
    done = await drive(
        Task(
            client="b24pysdk",
            method=SEND,
            endpoint=portal.endpoint,
            member_id=portal.member_id,
            token=portal.token,
            redis_url="",
            per_request=1,
            at_once=2,
            seconds=seconds,
            is_limited=True,
        )
    )
    return 60 * done.calls / done.seconds


def _p95_ms(took: Sequence[float]) -> float:
    return 1000 * statistics.quantiles(took, n=20)[-1]


def _growth_ms(before: float, during: float) -> float:
    """What is over what may be: a fifth of it, or 100 ms."""
    return max(0.0, during - max(1.2 * before, before + 100))
