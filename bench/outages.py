"""Outages: what ingest stands on is gone for a while under a steady stream, and every event is there afterwards.

In order means: who looks into the database at any moment sees of each dialog a beginning of what was written to
it, never a message before one that was written earlier; and the ids that the gateway gave are in that order too.
"""

import asyncio
import os
import signal
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import httpx

from bench.ingest import NotDurable
from bench.load import percentile
from bench.report import Goal, Section
from bench.steady import Sent, Stream
from bench.system import Engines, engines
from bench.targets import Product
from devstack import postgres, redis
from devstack.orphans import stop_holders

IDS_PER_FAULT = 1_000_000
DRAIN_PATIENCE_S = 120.0
_HEAD = (
    *("fault", "outage, s", "sent", "not 200", "lost", "doubled", "disordered"),
    *("ack p50, ms", "ack p99, ms", "ack max, ms", "spooled", "drained after, s"),
)
_NOTE = (
    "Acknowledgements are those of the outage itself. `drained after` counts from when what was gone serves "
    "again, while the stream goes on. Postgres is stopped at once, as by a crash; messaging and Redis are "
    "killed, Redis after FLUSHALL."
)


@dataclass(frozen=True)
class Plan:
    """How long what is gone stays away, and how much comes meanwhile."""

    rate: float
    before_s: float
    outage_s: float
    after_s: float


FULL = Plan(rate=100, before_s=3, outage_s=60, after_s=3)
QUICK = Plan(rate=100, before_s=2, outage_s=6, after_s=2)


@dataclass(frozen=True)
class Stored:
    """A message that is in the database with all its rows."""

    message_id: int
    """Bitrix24's."""
    row_id: UUID
    """The gateway's, made when the event arrived."""
    visible_at: datetime
    """When its transaction was committed."""


@dataclass(frozen=True)
class Verdict:
    """What became of the messages that were sent."""

    not_200: int
    lost: int
    """Of those answered 200."""
    doubled: int
    disordered: int
    """Messages that one written later overtook."""


@dataclass(frozen=True)
class Row:
    """One fault."""

    fault: str
    outage_s: float
    sent: int
    verdict: Verdict
    ack_p50_ms: float
    ack_p99_ms: float
    ack_max_ms: float
    spooled: int
    """Events that waited at the end of the outage."""
    drained_s: float

    def cells(self) -> Sequence[str]:
        """What the table shows of it."""
        verdict = self.verdict
        counts = (self.sent, verdict.not_200, verdict.lost, verdict.doubled, verdict.disordered)
        acks = (self.ack_p50_ms, self.ack_p99_ms, self.ack_max_ms)
        return (
            self.fault,
            f"{self.outage_s:g}",
            *map(str, counts),
            *(f"{ack:.1f}" for ack in acks),
            str(self.spooled),
            f"{self.drained_s:.1f}",
        )


class Stage:
    """The product on engines of its own, each part of which can be gone for a while."""

    def __init__(self, running: Engines, product: Product, life: AsyncExitStack, http: httpx.AsyncClient) -> None:
        self._postgres_dir, self._redis_dir = running.folder / "postgres", running.folder / "redis"
        self._postgres_port = urlsplit(running.admin_dsn).port or 0
        self._redis_port = urlsplit(running.redis_url).port or 0
        self._life = life
        self._http = http
        self.product = product

    async def start(self) -> None:
        """Start the product."""
        await self.product.prepare()
        await self._start_messaging()
        await self._life.enter_async_context(self.product.gateway())

    @asynccontextmanager
    async def postgres_stopped(self) -> AsyncIterator[None]:
        """Postgres ends as by a crash; its next start recovers from the log."""
        await stop_holders(self._postgres_dir, "postgres", postgres.DEATH_SIGNAL)
        yield
        again = postgres.embedded_postgres(self._postgres_dir, self._postgres_port, durable=True)
        await self._life.enter_async_context(again)

    @asynccontextmanager
    async def messaging_killed(self) -> AsyncIterator[None]:
        """Messaging is killed and started again."""
        os.kill(self._messaging_pid, signal.SIGKILL)
        yield
        await self._start_messaging()

    @asynccontextmanager
    async def redis_wiped(self) -> AsyncIterator[None]:
        """Redis forgets everything and is killed."""
        await _command(self._redis_port, b"FLUSHALL")
        await stop_holders(self._redis_dir, redis.binary().name, signal.SIGKILL)
        yield
        await self._life.enter_async_context(redis.embedded_redis(self._redis_dir, self._redis_port))

    async def spool_depth(self) -> int:
        """How many events wait in the gateway."""
        answer = await self._http.get(f"http://127.0.0.1:{self.product.port}/ready")
        return int(answer.json()["spool_depth"])

    async def drained(self) -> None:
        """Return when nothing waits. Raises NotDurable when that never comes."""
        deadline = perf_counter() + DRAIN_PATIENCE_S
        while depth := await self.spool_depth():
            if perf_counter() > deadline:
                raise NotDurable(f"{depth} events still wait in the spool after {DRAIN_PATIENCE_S:.0f} s")
            await asyncio.sleep(0.05)

    async def stored(self, first_id: int) -> list[Stored]:
        """Everything of one fault that is in the database, with a line for each whole set of rows."""
        session = await asyncpg.connect(self.product.dsn)
        found = await session.fetch(_STORED, first_id, first_id + IDS_PER_FAULT)
        await session.close()
        return [Stored(*row) for row in found]

    async def _start_messaging(self) -> None:
        self._messaging_pid = await self._life.enter_async_context(self.product.messaging())


_STORED = """
    SELECT messages.provider_message_id, messages.id, pg_xact_commit_timestamp(messages.xmin)
    FROM messages JOIN bitrix_inbound_events AS inbound USING (portal_id, id) JOIN events USING (portal_id, id)
    WHERE messages.provider_message_id >= $1 AND messages.provider_message_id < $2
      AND inbound.outcome = 'accepted' AND events.type = 'rx'
"""


@asynccontextmanager
async def stage() -> AsyncIterator[Stage]:
    """Start everything; Postgres notes when each transaction was committed."""
    async with engines() as running, AsyncExitStack() as life:
        http = await life.enter_async_context(httpx.AsyncClient(timeout=30, trust_env=False))
        found = Stage(running, Product(running), life, http)
        session = await asyncpg.connect(running.admin_dsn)
        await session.execute("ALTER SYSTEM SET track_commit_timestamp = on")
        await session.close()
        async with found.postgres_stopped():
            pass
        await found.start()
        yield found


async def measure(plan: Plan) -> Section:
    """Have each fault once. Raises NotDurable when an event was refused, lost or doubled."""
    async with stage() as found:
        rows = [await run(found, fault, plan, 1 + number) for number, fault in enumerate(FAULTS)]
    for row in rows:
        if (row.verdict.not_200, row.verdict.lost, row.verdict.doubled) != (0, 0, 0):
            raise NotDurable(f"{row.fault}: {row.sent} sent, {row.verdict}")
    return Section(
        title=f"Outages of {plan.outage_s:g} s under {plan.rate:g} events/s: what became of every event",
        head=_HEAD,
        rows=rows,
        goals=[
            Goal.at_most("answers other than 200", 0, sum(row.verdict.not_200 for row in rows)),
            Goal.at_most("events lost", 0, sum(row.verdict.lost for row in rows)),
            Goal.at_most("events doubled", 0, sum(row.verdict.doubled for row in rows)),
            Goal.at_most("messages that a later one overtook", 0, sum(row.verdict.disordered for row in rows)),
            Goal.at_most("ack max during an outage, ms", 1000, max(row.ack_max_ms for row in rows)),
        ],
        note=_NOTE,
    )


FAULTS: dict[str, Callable[[Stage], AbstractAsyncContextManager[None]]] = {
    "Postgres stopped": Stage.postgres_stopped,
    "messaging killed": Stage.messaging_killed,
    "Redis wiped and killed": Stage.redis_wiped,
}


async def run(found: Stage, fault: str, plan: Plan, number: int) -> Row:
    """Stream, have the fault, wait until what waited is stored, and look what became of everything."""
    print(f"{fault} for {plan.outage_s:g} s", flush=True)
    stream = Stream(found.product.port, plan.rate, first_id=2_000_000_000 + number * IDS_PER_FAULT)
    streaming = asyncio.create_task(stream.run())
    await asyncio.sleep(plan.before_s)
    began = perf_counter()
    async with FAULTS[fault](found):
        await asyncio.sleep(plan.outage_s)
        spooled = await found.spool_depth()
    back = perf_counter()
    await found.drained()
    drained_s = perf_counter() - back
    await asyncio.sleep(plan.after_s)
    stream.stop()
    await streaming
    await found.drained()
    took = sorted(1000 * one.took_s for one in stream.sent if began <= one.at < back)
    return Row(
        fault=fault,
        outage_s=plan.outage_s,
        sent=len(stream.sent),
        verdict=judge(stream.sent, await found.stored(stream.first_id)),
        ack_p50_ms=percentile(took, 0.5),
        ack_p99_ms=percentile(took, 0.99),
        ack_max_ms=took[-1],
        spooled=spooled,
        drained_s=drained_s,
    )


def judge(sent: Sequence[Sent], stored: Sequence[Stored]) -> Verdict:
    """Say what became of what was sent, in the order of sending."""
    copies = Counter(one.message_id for one in stored)
    by_id = {one.message_id: one for one in stored}
    dialogs: defaultdict[tuple[int, int], list[Stored]] = defaultdict(list)
    for message in sent:
        if message.id in by_id:
            dialogs[message.dialog].append(by_id[message.id])
    return Verdict(
        not_200=sum(message.status != 200 for message in sent),
        lost=sum(message.status == 200 and not copies[message.id] for message in sent),
        doubled=sum(number > 1 for number in copies.values()),
        disordered=sum(map(_overtaken, dialogs.values())),
    )


def _overtaken(written: Sequence[Stored]) -> int:
    """How many messages of a dialog were visible after one that was written later, or have an id after its."""
    return sum(
        any(later.visible_at < one.visible_at or later.row_id < one.row_id for later in written[place + 1 :])
        for place, one in enumerate(written)
    )


async def _command(port: int, line: bytes) -> None:
    """Have Redis do one thing."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(line + b"\r\n")
    await reader.readline()
    writer.close()
    await writer.wait_closed()
