"""What one event and one reply cost: processor time of each process, and what stays of them in each table."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

from bench import cpu, replies
from bench.replies import ASKERS, AT_ONCE, BY_RULE, FROM_DOCUMENTS, People
from bench.report import Goal, Section

_SHOWN_MS, _SHOWN_ROWS = 0.05, 0.05
_PATIENCE_S = 60.0
_PROCESSES = (
    *("envoy", "gateway", "messaging", "messaging-worker", "knowledge-worker", "delivery", "delivery-worker"),
    *("billing", "billing-worker", "portal", "portal-worker", "postgres", "redis"),
)
_IGNORED = "SELECT count(*) FROM messaging.messages WHERE direction = 'rx' AND state = 'ignored'"
_SIZES = """
    WITH leaf AS (
        SELECT c.oid, coalesce(i.inhparent, c.oid) AS root FROM pg_class c
        LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
        WHERE c.relkind = 'r' AND c.relnamespace = ANY($1::text[]::regnamespace[])
    )
    SELECT root::regclass::text AS name, sum(pg_table_size(oid))::bigint AS bytes,
           sum(pg_indexes_size(oid))::bigint AS index_bytes
    FROM leaf GROUP BY root ORDER BY 1
"""
_SCHEMAS = ["portal", "messaging", "delivery", "billing"]


@dataclass(frozen=True)
class Plan:
    """For how long each kind of thing is done."""

    portals: int
    users: int
    seconds: float
    rounds: int
    """So often: each kind for its part of the seconds."""


FULL = Plan(portals=40, users=10, seconds=27, rounds=3)
QUICK = Plan(portals=4, users=3, seconds=4, rounds=1)


@dataclass(frozen=True)
class Spent:
    """Processor time and log of the database for one of something."""

    what: str
    count: int
    per_s: float
    cpu_ms: Mapping[str, float]
    wal_bytes: float
    rounds: Sequence[float]
    """Processor time (ms) of all processes but those who ask, in each round."""

    def cells(self) -> Sequence[str]:
        """What the table shows of it."""
        each = (self.cpu_ms.get(name, 0.0) for name in _PROCESSES)
        shown = (f"{ms:.2f}" if ms >= _SHOWN_MS else "" for ms in each)
        return (
            self.what,
            str(self.count),
            f"{self.per_s:.0f}",
            f"{sum(ms for name, ms in self.cpu_ms.items() if name not in ASKERS):.1f}",
            *shown,
            f"{self.wal_bytes:.0f}",
        )


@dataclass(frozen=True)
class Kept:
    """What stays in a table of one of something, indexes and what updates left behind included."""

    table: str
    rows_each: float
    bytes_each: float
    index_bytes_each: float

    def cells(self) -> Sequence[str]:
        """What the table shows of it."""
        row = (self.bytes_each / self.rows_each, self.index_bytes_each / self.rows_each)
        both = self.bytes_each + self.index_bytes_each
        return self.table, f"{self.rows_each:.2f}", *(f"{number:.0f}" for number in (*row, sum(row), both))


@dataclass(frozen=True)
class Size:
    """How large a table is."""

    rows: int
    bytes: int
    index_bytes: int


async def measure(plan: Plan) -> Sequence[Section]:
    """Have strangers write, who are ignored, and then people, who are answered from documents."""
    print("cost: what an event and a reply cost", flush=True)
    stack = replace(replies.FULL, portals=plan.portals, users=plan.users, strangers=1)
    part = plan.seconds / plan.rounds
    async with replies.at_work(stack) as people:
        for text in (BY_RULE, FROM_DOCUMENTS):
            await replies.flood(people, part, text)  # connections, statements and indexes are made
        await _ignored(people, part)  # each stranger is told once a day
        empty = await _sizes(people)
        event = await _spent(people, plan, "an event that is not answered", lambda: _ignored(people, part))
        between = await _sizes(people)
        rule = await _spent(people, plan, "a reply by a rule", lambda: _answered(people, part, BY_RULE))
        before = await _sizes(people)
        reply = await _spent(
            people, plan, "a reply from documents", lambda: _answered(people, part, FROM_DOCUMENTS)
        )
        after = await _sizes(people)
    return [
        _time(plan, [event, rule, reply]),
        room("an event that is not answered", empty, between, event.count),
        room("a reply from documents", before, after, reply.count),
    ]


async def _answered(people: People, seconds: float, text: str) -> int:
    row = await replies.flood(people, seconds, text)
    return row.count


async def _ignored(people: People, seconds: float) -> int:
    """Have strangers write as much as goes through, until each of them is ignored; returns how often."""
    began, asked, before = perf_counter(), 0, await people.session.fetchval(_IGNORED)

    async def one_after_another() -> None:
        nonlocal asked
        while perf_counter() - began < seconds:
            asked += 1
            await people.say(BY_RULE, people.users + 1)

    await asyncio.gather(*(one_after_another() for _ in range(AT_ONCE)))
    async with asyncio.timeout(_PATIENCE_S):
        while await people.session.fetchval(_IGNORED) < before + asked:  # noqa: ASYNC110 - another process does it
            await asyncio.sleep(0.1)
    return asked


async def _spent(people: People, plan: Plan, what: str, do: Callable[[], Awaitable[int]]) -> Spent:
    used, log, began = cpu.used(people.processes), await _log_position(people), perf_counter()
    total, rounds, before = 0, list[float](), used
    for _ in range(plan.rounds):
        count = await do()
        now = cpu.used(people.processes)
        rounds.append(sum(1000 * (now[name] - before[name]) / count for name in now if name not in ASKERS))
        total, before = total + count, now
    cpu_ms = {name: 1000 * (seconds - used[name]) / total for name, seconds in before.items()}
    per_s = total / (perf_counter() - began)
    return Spent(what, total, per_s, cpu_ms, (await _log_position(people) - log) / total, rounds)


async def _log_position(people: People) -> int:
    return int(await people.session.fetchval("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint"))


async def _sizes(people: People) -> Mapping[str, Size]:
    found = await people.session.fetch(_SIZES, _SCHEMAS)
    return {
        name: Size(await people.session.fetchval(f"SELECT count(*) FROM {name}"), size, index_size)
        for name, size, index_size in found
    }


def _time(plan: Plan, rows: Sequence[Spent]) -> Section:
    return Section(
        title="Cost: processor time of each process, ms",
        head=("of", "count", "per s", "all, ms", *_PROCESSES, "log of Postgres, bytes"),
        rows=rows,
        goals=[
            Goal.at_most("an event that is not answered, ms", 15, rows[0].rounds),
            Goal.at_most("a reply from documents, ms", 30, rows[2].rounds),
        ],
        note=f"As much as goes through; all processes of `make run`, {plan.portals} portals without rate limits.",
    )


def room(what: str, before: Mapping[str, Size], after: Mapping[str, Size], count: int) -> Section:
    """Say what `count` of something left in each table."""
    rows = []
    for table, now in after.items():
        then = before.get(table, Size(0, 0, 0))
        new = ((now.rows - then.rows), (now.bytes - then.bytes), (now.index_bytes - then.index_bytes))
        rows.append(Kept(table, *(number / count for number in new)))
    shown = [row for row in rows if row.rows_each >= _SHOWN_ROWS]
    total = sum(row.bytes_each + row.index_bytes_each for row in rows)
    shown.append(Kept("all of them", 1.0, sum(r.bytes_each for r in rows), sum(r.index_bytes_each for r in rows)))
    return Section(
        title=f"Cost: what stays of {what}",
        head=("table", "rows", "bytes of a row", "of its indexes", "both", "bytes of each"),
        rows=shown,
        goals=[Goal.at_most("bytes in all tables", 20_000, total)],
        note=f"Growth over {count} of them, with what updates left behind; small growth is in the last row alone.",
    )
