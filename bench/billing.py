"""Billing at work: a million replies counted and told again, the file of them, and neighbours of a busy portal."""

import asyncio
import functools
import statistics
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import asyncpg

from bench.report import Goal, Section
from bench.system import Engines, engines, run, server
from devstack.ports import next_free
from devstack.probes import grpc_serving
from kit import ids
from kit.rpc import channel
from teachbase.billing.v1 import billing_pb2 as pb
from teachbase.billing.v1 import ledger_pb2
from teachbase.billing.v1.billing_pb2_grpc import BillingServiceStub
from teachbase.billing.v1.ledger_pb2_grpc import LedgerServiceStub

_BATCH = 500
_AT_ONCE = 4
_TIMEOUT_S = 600.0
_CROWD = 200
_NEIGHBOURS = 20
_MB = 1024 * 1024


@dataclass(frozen=True)
class Plan:
    """How many replies, and for how long (s) a crowd is at work."""

    replies: int
    portals: int
    crowd_s: float
    rounds: int


FULL = Plan(replies=1_000_000, portals=500, crowd_s=8, rounds=3)
QUICK = Plan(replies=20_000, portals=50, crowd_s=3, rounds=1)


@dataclass(frozen=True)
class Row:
    """What was done to how many, for how long, and what came of it."""

    what: str
    count: int
    seconds: float
    outcome: str

    def cells(self) -> Sequence[str]:
        """What the table shows of it."""
        return self.what, str(self.count), f"{self.seconds:.1f}", f"{self.count / self.seconds:.0f}", self.outcome


@dataclass(frozen=True)
class Stage:
    """Billing's server process, and its database."""

    billing: Any
    ledger: Any
    session: Any
    pid: int

    async def counted(self) -> tuple[int, int, int]:
        """Return units by events, by counters and by days."""
        events = await self.session.fetchval("SELECT coalesce(sum(units), 0)::bigint FROM usage_events")
        counters = await self.session.fetchval("SELECT coalesce(sum(used), 0)::bigint FROM usage_counters")
        days = await self.session.fetchval("SELECT coalesce(sum(units), 0)::bigint FROM usage_days")
        return events, counters, days

    def memory(self) -> int:
        """Return the bytes that the server holds."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * 4096


async def measure(plan: Plan) -> Section:
    """Count, tell everything again, export, and look at the neighbours of a busy portal."""
    print("billing: a million replies", flush=True)
    async with engines() as running, _stage(running) as stage:
        portals = [uuid4() for _ in range(plan.portals)]
        batches = [
            [(portals[(start + place) % plan.portals], ids.uuid7()) for place in range(_BATCH)]
            for start in range(0, plan.replies, _BATCH)
        ]
        counted_s, counted = await _each(batches, functools.partial(_reserve_and_commit, stage))
        once = await stage.counted()
        reserved_s, _ = await _each(batches, functools.partial(_reserve, stage))
        committed_s, again = await _each(batches, functools.partial(_commit, stage))
        twice = await stage.counted()
        exported_s, exported, grown = await _export(stage)
        spread, busy = list[_Neighbours](), list[_Neighbours]()
        for _ in range(plan.rounds):
            spread.append(await _beside(stage, plan, [uuid4() for _ in range(_CROWD)]))
            busy.append(await _beside(stage, plan, [uuid4()]))
    surplus = sum(abs(units - plan.replies) for units in (*once, *twice)) + again
    return Section(
        title="Billing: counted once",
        head=("what", "replies", "s", "per s", "outcome"),
        rows=[
            Row("reserved and counted", plan.replies, counted_s, f"{counted} counted"),
            Row("reserved again", plan.replies, reserved_s, "nothing set aside"),
            Row("told again", plan.replies, committed_s, f"{again} counted"),
            Row("exported", exported, exported_s, f"{grown:.0f} MB more memory"),
            _neighbours("neighbours of 200 in 200 portals", plan, spread),
            _neighbours("neighbours of 200 in one portal", plan, busy),
        ],
        goals=[
            Goal.at_most("units by events, counters or days that are not one a reply", 0, surplus),
            Goal.at_most("a million rows exported, s", 60, exported_s * 1_000_000 / exported),
            Goal.at_most("memory that the export takes, MB", 50, grown),
            Goal.at_most(
                "p95 beside one busy portal: beside as many quiet ones",
                1.5,
                [one.p95_s / beside.p95_s for one, beside in zip(busy, spread, strict=True)],
                is_ratio=True,
            ),
        ],
        note=f"One server, {plan.portals} portals, {_BATCH} replies a call, {_AT_ONCE} calls at once, over gRPC.",
    )


Batch = Sequence[tuple[UUID, UUID]]


async def _each(batches: Sequence[Batch], do: Callable[[Batch], Awaitable[int]]) -> tuple[float, int]:
    """Do something to each batch, few at once; returns the seconds taken and the sum of what was returned."""
    began, waiting, total = perf_counter(), iter(batches), 0

    async def one_after_another() -> None:
        nonlocal total
        for batch in waiting:
            done = await do(batch)
            total += done

    await asyncio.gather(*(one_after_another() for _ in range(_AT_ONCE)))
    return perf_counter() - began, total


async def _reserve(stage: Stage, batch: Batch) -> int:
    wanted = [pb.Reservation(portal_id=str(portal), key=str(key), trace_id=key.hex) for portal, key in batch]
    answer = await stage.billing.Reserve(pb.ReserveRequest(reservations=wanted), timeout=_TIMEOUT_S)
    return sum(decision.granted for decision in answer.decisions)


async def _commit(stage: Stage, batch: Batch) -> int:
    keys = [pb.ReservationKey(portal_id=str(portal), key=str(key)) for portal, key in batch]
    return int((await stage.billing.Commit(pb.CommitRequest(keys=keys), timeout=_TIMEOUT_S)).counted)


async def _reserve_and_commit(stage: Stage, batch: Batch) -> int:
    await _reserve(stage, batch)
    return await _commit(stage, batch)


async def _export(stage: Stage) -> tuple[float, int, float]:
    """Return the seconds and rows of the export, and by how many MB the server grew at most meanwhile."""
    began, before, most, rows = perf_counter(), stage.memory(), 0, 0
    async for page in stage.ledger.ExportUsage(ledger_pb2.ExportUsageRequest(), timeout=_TIMEOUT_S):
        rows += len(page.events)
        most = max(most, stage.memory())
    return perf_counter() - began, rows, max(0, most - before) / _MB


class _Neighbours(NamedTuple):
    """Quiet portals: how many replies they got, and for how long (s) the slow ones took."""

    replies: int
    p95_s: float


def _neighbours(what: str, plan: Plan, rounds: Sequence[_Neighbours]) -> Row:
    p95_s = statistics.median(one.p95_s for one in rounds)
    count, seconds = sum(one.replies for one in rounds), plan.crowd_s * plan.rounds
    return Row(what, count, seconds, f"p95 {1000 * p95_s:.0f} ms")


async def _beside(stage: Stage, plan: Plan, crowd: Sequence[UUID]) -> _Neighbours:
    """Look at quiet portals while 200 replies of others are always under way."""
    until, took = perf_counter() + plan.crowd_s, list[float]()

    async def busy(portal: UUID) -> None:
        while perf_counter() < until:
            await _reserve_and_commit(stage, [(portal, ids.uuid7())])

    async def quiet(portal: UUID) -> None:
        while perf_counter() < until:
            began = perf_counter()
            await _reserve_and_commit(stage, [(portal, ids.uuid7())])
            took.append(perf_counter() - began)

    at_work = [busy(crowd[place % len(crowd)]) for place in range(_CROWD)]
    await asyncio.gather(*at_work, *(quiet(uuid4()) for _ in range(_NEIGHBOURS)))
    return _Neighbours(len(took), statistics.quantiles(took, n=20)[-1])


@asynccontextmanager
async def _stage(running: Engines) -> AsyncIterator[Stage]:
    address = f"127.0.0.1:{next_free(0)}"
    env = {
        "TB_SECRET_KEYS": "-",
        "TB_DATABASE_DSN": running.dsns["billing"],
        "TB_REDIS_URL": running.redis_url,
        "TB_BILLING_GRPC": address,
        "GRPC_VERBOSITY": "ERROR",
    }
    await run(["billing", "migrate"], env, running.folder / "migrate.log")
    serving = functools.partial(grpc_serving, address)
    async with (
        server("billing", ["billing", "serve"], env, running.folder / "billing.log", serving) as pid,
        channel(address) as own,
    ):
        session = await asyncpg.connect(running.dsns["billing"])
        await _lift_limits(session)
        yield Stage(BillingServiceStub(own), LedgerServiceStub(own), session, pid)
        await session.close()


async def _lift_limits(session: Any) -> None:
    """What is measured is counting, not refusing."""
    await session.execute("UPDATE plan_versions SET limits = '{}'")
