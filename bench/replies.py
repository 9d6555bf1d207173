"""The whole way: from the event at the gateway to the portal's answer to the reply, all processes at work."""

import asyncio
import os
import random
import statistics
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from uuid import uuid4

import httpx
from redis.asyncio import Redis

from bench import cpu
from bench.report import Goal, Section
from bench.whole import Stack, http_client, whole_stack
from bitrix import limiter

AT_ONCE = 32
_PATIENCE_S = 60.0
_SHOWN_MS = 0.3
BY_RULE = "ping"
FROM_DOCUMENTS = "за сколько подавать заявление на отпуск"
_DOCUMENT = """# Положение об отпусках

Ежегодный оплачиваемый отпуск составляет двадцать восемь календарных дней.

## Как подать заявление

Заявление на отпуск подают через портал за две недели до его начала.
"""
_WAYS = {BY_RULE: "by a rule", FROM_DOCUMENTS: "from documents"}
ASKERS = {"sim", "load generator"}
_BILLINGS_POSTGRES = "postgres for billing"
_TOOK = """
    SELECT extract(epoch FROM item.sent_at - event.received_at)::float AS took
    FROM delivery.outbox AS item
    JOIN messaging.bitrix_inbound_events AS event
      ON event.portal_id = item.portal_id AND event.id = item.trace_id::uuid
    WHERE item.state = 'sent' AND event.event = 'ONIMBOTV2MESSAGEADD' AND event.received_at >= $1
"""


@dataclass(frozen=True)
class Plan:
    """How much to ask."""

    portals: int
    users: int
    rounds: int
    flood_s: float
    half_s: float
    strangers: int = 0
    """Employees who may not talk to the bot: those after `users`."""


FULL = Plan(portals=40, users=10, rounds=3, flood_s=8, half_s=12)
QUICK = Plan(portals=5, users=4, rounds=1, flood_s=3, half_s=4)


@dataclass(frozen=True)
class Row:
    """A load, and for how long people waited for their replies."""

    load: str
    count: int
    per_s: float
    p50_ms: float
    p99_ms: float
    cpu_ms: Mapping[str, float]
    """Processor time of a reply, by process."""
    billing: float
    """Its share that is billing's, what Postgres does for billing included, without those who only ask."""

    def cells(self) -> Sequence[str]:
        """What the table shows of it."""
        most = sorted(self.cpu_ms.items(), key=lambda one: -one[1])
        shares = ", ".join(f"{name} {ms:.1f}" for name, ms in most if ms >= _SHOWN_MS)
        numbers = (self.per_s, self.p50_ms, self.p99_ms, sum(self.cpu_ms.values()))
        return self.load, *(f"{number:.0f}" for number in numbers), f"{self.billing:.1%}", shares


class Rounds(list[Row]):
    """The same load, a few times."""

    def each(self, number: str) -> list[float]:
        """A number of each round, by its name."""
        return [getattr(row, number) for row in self]

    def median(self) -> Row:
        """The median of each number."""
        return Row(
            self[0].load,
            sum(row.count for row in self),
            statistics.median(self.each("per_s")),
            statistics.median(self.each("p50_ms")),
            statistics.median(self.each("p99_ms")),
            {name: statistics.median(row.cpu_ms[name] for row in self) for name in self[0].cpu_ms},
            statistics.median(self.each("billing")),
        )


@dataclass(frozen=True)
class People:
    """Who asks: portals of the simulator with the app installed, and their employees."""

    http: httpx.AsyncClient
    sim_url: str
    session: Any
    members: Sequence[str]
    users: int
    processes: Mapping[str, int]
    """Of the whole stack: name -> pid."""

    async def say(self, text: str, user_id: int = 0) -> None:
        """Have somebody write, in any portal: of those who may, or of that number."""
        member_id, user_id = random.choice(self.members), user_id or random.randint(1, self.users)
        body = {"user_id": user_id, "text": text}
        answer = await self.http.post(f"{self.sim_url}/control/portals/{member_id}/messages", json=body)
        answer.raise_for_status()

    async def now(self) -> Any:
        """Return the database's clock."""
        return await self.session.fetchval("SELECT now()")

    async def took(self, since: Any, count: int) -> list[float]:
        """Return how long (s) each reply since a moment took, when there are `count`."""
        async with asyncio.timeout(_PATIENCE_S):
            while len(rows := await self.session.fetch(_TOOK, since)) < count:  # noqa: ASYNC110 - another process does it
                await asyncio.sleep(0.1)
        return [row["took"] for row in rows]


async def measure(plan: Plan) -> Section:
    """Flood, then half of what went through, round by round."""
    print("replies: the whole way of a message", flush=True)
    most, half, asking, half_asking = Rounds(), Rounds(), Rounds(), Rounds()
    async with at_work(plan) as people:
        for text in _WAYS:
            await flood(people, plan.flood_s / 3, text)  # connections, statements and portals' indexes are made
        for _ in range(plan.rounds):
            for text, full, less in ((BY_RULE, most, half), (FROM_DOCUMENTS, asking, half_asking)):
                full.append(await flood(people, plan.flood_s, text))
                less.append(await _steady(people, full[-1].per_s / 2, plan.half_s, text))
    return Section(
        title="Replies: from the event at the gateway to the portal's answer to the reply",
        head=("load", "replies/s", "p50, ms", "p99, ms", "processor ms / reply", "billing", "of which"),
        rows=[rounds.median() for rounds in (most, half, asking, half_asking)],
        goals=[
            Goal.at_most("half load: p50, ms", 60, half.each("p50_ms")),
            Goal.at_most("half load: p99, ms", 300, half.each("p99_ms")),
            Goal.at_most(
                "billing's share of the processors, from documents, full load",
                0.10,
                asking.each("billing"),
                is_ratio=True,
            ),
            Goal.at_most(
                "billing's share of the processors, from documents, half load",
                0.10,
                half_asking.each("billing"),
                is_ratio=True,
            ),
        ],
        note=f"All processes of `make run` and the simulator; {plan.portals} portals without rate limits.",
    )


async def flood(people: People, seconds: float, text: str = BY_RULE) -> Row:
    """Have people write as much as goes through."""
    since, used, began, asked = await people.now(), _used(people), perf_counter(), 0

    async def one_after_another() -> None:
        nonlocal asked
        while perf_counter() - began < seconds:
            asked += 1
            await people.say(text)

    await asyncio.gather(*(one_after_another() for _ in range(AT_ONCE)))
    took = await people.took(since, asked)
    return _row(
        f"as much as goes through, {_WAYS[text]}", asked / (perf_counter() - began), took, _since(used, people)
    )


async def _steady(people: People, rate: float, seconds: float, text: str = BY_RULE) -> Row:
    since, used, began, asked = await people.now(), _used(people), perf_counter(), 0
    saying: set[asyncio.Task[None]] = set()
    due = began
    while due < began + seconds:
        await asyncio.sleep(max(0.0, due - perf_counter()))
        asked += 1
        saying.add(asyncio.create_task(people.say(text)))
        due += random.expovariate(rate)
    await asyncio.gather(*saying)
    took = await people.took(since, asked)
    return _row(f"half of it, {_WAYS[text]}", asked / seconds, took, _since(used, people))


def _used(people: People) -> Mapping[str, float]:
    return {
        **cpu.used(people.processes),
        _BILLINGS_POSTGRES: cpu.of_roles(people.processes["postgres"])["tb_billing"],
    }


def _since(before: Mapping[str, float], people: People) -> Mapping[str, float]:
    return {name: seconds - before[name] for name, seconds in _used(people).items()}


def _row(load: str, per_s: float, took: Sequence[float], cpu_s: Mapping[str, float]) -> Row:
    hundredths = statistics.quantiles(took, n=100)
    cpu_ms = {name: 1000 * seconds / len(took) for name, seconds in cpu_s.items()}
    of_postgres = cpu_ms.pop(_BILLINGS_POSTGRES)
    ours = sum(ms for name, ms in cpu_ms.items() if name not in ASKERS)
    billing = of_postgres + sum(ms for name, ms in cpu_ms.items() if name.startswith("billing"))
    return Row(load, len(took), per_s, 1000 * hundredths[49], 1000 * hundredths[98], cpu_ms, billing / ours)


@asynccontextmanager
async def at_work(plan: Plan) -> AsyncIterator[People]:
    """Start the whole stack with portals that have the app and a document."""
    async with whole_stack() as stack, http_client() as http:
        members = [await _installed(http, stack, plan) for _ in range(plan.portals)]
        await _lift_limits(stack.redis_port, members)
        processes = {**stack.processes, "load generator": os.getpid()}
        yield People(http, stack.sim_url, stack.session, members, plan.users, processes)


async def _installed(http: httpx.AsyncClient, stack: Stack, plan: Plan) -> str:
    asked = {"users_count": plan.users + plan.strangers, "limits": "off", "domain": f"p{uuid4().hex}.b24.test"}
    made = await http.post(f"{stack.sim_url}/control/portals", json=asked)
    member_id = str(made.json()["member_id"])
    people = list(range(1, plan.users + 1))
    installed = await http.post(f"{stack.sim_url}/control/portals/{member_id}/install", json={"user_ids": people})
    token = installed.raise_for_status().json()["complete"]["portal_token"]
    files, headers = {"file": ("Отпуска.md", _DOCUMENT.encode())}, {"authorization": f"Bearer {token}"}
    uploaded = await http.post(f"{stack.url}/v1/portal/kb/upload", files=files, headers=headers)
    uploaded.raise_for_status()
    return member_id


async def _lift_limits(port: int, members: Sequence[str]) -> None:
    """What is measured is ours, not what the platform allows a portal."""
    redis = Redis(port=port)
    for member_id in members:
        budget = {"rate": "10000", "burst": "10000"}
        await redis.hset(limiter.BUDGET_KEY.format(member_id=member_id), mapping=budget)  # type: ignore[misc] # one client
    await redis.aclose()
