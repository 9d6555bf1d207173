"""The way of an event from the request to durability: one of a batch for messaging, or the spool.

While a batch is under way events gather, and the next takes them all (docs/architecture.md section 3). A portal's
events are in one batch at a time: their order of arrival is kept, also where the way changes.
"""

import asyncio
import contextlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic

import structlog
from prometheus_client import Counter, Gauge

from edge.drain import MAX_BYTES, MAX_EVENTS, Drain
from edge.errors import ApiError
from edge.rpc import Contexts
from edge.spool import Spool
from kit import background, trace, tracing
from kit.coalesce import Coalescer
from kit.errors import PeerError
from kit.rpc import call
from teachbase.messaging.v1 import messaging_pb2 as pb

log = structlog.get_logger("intake")

EVENTS = Counter("tb_events_total", "Events taken, by where they became durable", ["where"])
NOT_DURABLE = Counter(
    "tb_events_not_durable_total", "Events answered 503: neither messaging nor the disk took them"
)
SPOOL_DEPTH = Gauge("tb_spool_depth", "Events that wait in the spool")
SPOOL_WAITING = Gauge("tb_spool_waiting_seconds", "For how long events have waited in the spool")
SPOOL_DISK_FREE = Gauge("tb_spool_disk_free_bytes", "What the disk of the spool has left")
SET_ASIDE = Gauge("tb_spool_set_aside", "Events that messaging refused for good and that wait for a person")
BROKEN = Gauge("tb_spool_broken_segments", "Segments of the spool that could not be read to their end")

BUDGET_S = 0.8
"""From its arrival, after which the spool takes an event: who needs over a second is called less often (trap 7).

One that messaging stores all the same is stored twice, as one event: it has a key.
"""
IN_FLIGHT = 2
WORTH_ANOTHER = 16
_DRAIN_EVERY_S = 0.5
_MEASURE_EVERY_S = 5.0
_LOOK_EVERY_S = 0.01
_MEMBER = re.compile(rb'member_id(?:%5[Dd]|\])?(?:=|"\s*:\s*")([0-9A-Za-z]+)')
_LEAST_S = 0.2
"""What a call of messaging is given even where the budget was spent on waiting for the rest of the spool."""


@dataclass(frozen=True)
class _Arrived:
    event: pb.RawEvent
    at: float


@dataclass
class NotDurable:
    """Events that could not be kept since the start of this process."""

    count: int = 0
    last_at: datetime | None = None
    last_cause: str | None = None


class Intake:
    """Makes events durable."""

    def __init__(self, contexts: Contexts, spool: Spool, drain: Drain) -> None:
        self._contexts = contexts
        self._spool = spool
        self._drain = drain
        self._spooling = spool.depth > 0
        """Whether events wait in the spool, so that new ones wait behind them: order of arrival is kept."""
        self._free = asyncio.Event()
        """Cleared while the rest of the spool is brought to messaging: new events wait for that in memory."""
        self._free.set()
        self._falling = 0
        """Batches that are on their way to the spool."""
        self.not_durable = NotDurable()
        self._batches: Coalescer[_Arrived, OSError | None] = Coalescer(
            self._make_durable,
            max_items=MAX_EVENTS,
            max_weight=MAX_BYTES,
            max_in_flight=IN_FLIGHT,
            worth_another=WORTH_ANOTHER,
            weigh=lambda arrived: len(arrived.event.body),
            key_of=lambda arrived: portal_named(arrived.event.body),
        )

    async def take(self, event: pb.RawEvent) -> None:
        """Return when an event is durable. Raises ApiError 503 when it cannot be made so."""
        problem = await self._batches.submit(_Arrived(event, monotonic()))
        if problem:
            NOT_DURABLE.inc()
            self.not_durable.count += 1
            self.not_durable.last_at = datetime.now(UTC)
            self.not_durable.last_cause = problem.strerror or repr(problem)
            log.error("event not durable", error=repr(problem), trace_id=event.trace_id)
            raise ApiError(503, "not_durable", "The event cannot be stored now. Send it again.")

    async def drain(self) -> None:
        """Bring the spool to messaging, oldest first, for ever."""
        await asyncio.gather(
            background.every(_DRAIN_EVERY_S, "drain_spool", self._drain_all),
            background.every(_MEASURE_EVERY_S, "measure_spool", lambda: asyncio.to_thread(self._measure_disk)),
        )

    async def _make_durable(self, batch: list[_Arrived]) -> list[OSError | None]:
        events, ends = [one.event for one in batch], batch[0].at + BUDGET_S
        await _until(self._free, ends - monotonic())
        if not self._spooling:
            try:
                return await self._to_messaging(events, ends - monotonic())
            except PeerError as error:
                log.warning("events spooled", reason=error.reason, count=len(events))
                self._spooling = True
        self._falling += 1
        try:
            return await self._to_spool(events)
        finally:
            self._falling -= 1

    async def _to_messaging(self, events: list[pb.RawEvent], budget_s: float) -> list[OSError | None]:
        if events:
            request = pb.IngestRequest(events=events)
            timeout = max(_LEAST_S, budget_s)
            trace_ids = [event.trace_id for event in events]
            with trace.under_the_one(trace_ids), tracing.together("messaging.Ingest", "CLIENT", trace_ids):
                await call(self._contexts.messaging.Ingest, request, peer="messaging", timeout=timeout)
        EVENTS.labels("messaging").inc(len(events))
        return [None] * len(events)

    async def _to_spool(self, events: list[pb.RawEvent]) -> list[OSError | None]:
        records = (event.SerializeToString() for event in events)
        stored = await asyncio.gather(*map(self._append, records))
        EVENTS.labels("spool").inc(stored.count(None))
        self._measure()
        return stored

    async def _append(self, record: bytes) -> OSError | None:
        try:
            await self._spool.append(record)
        except OSError as error:
            return error
        return None

    async def _drain_all(self) -> None:
        try:
            while self._spooling or self._spool.depth:
                await self._drain.front()
                if self._spool.depth <= MAX_EVENTS:
                    await self._hand_back()
        except PeerError as error:
            log.warning("spool waits", depth=self._spool.depth, reason=error.reason)
        finally:
            self._measure()

    async def _hand_back(self) -> None:
        """Bring the rest while new events wait in memory: behind it on disk they would never catch up with it."""
        self._free.clear()
        try:
            while self._spool.depth or self._falling:
                if not await self._drain.front():
                    await asyncio.sleep(_LOOK_EVERY_S)
            self._spooling = False
            log.info("spool drained")
        finally:
            self._free.set()

    def _measure(self) -> None:
        SPOOL_DEPTH.set(self._spool.depth)
        SPOOL_WAITING.set(self._spool.waiting_s)

    def _measure_disk(self) -> None:
        SPOOL_DISK_FREE.set(self._spool.disk_free())
        SET_ASIDE.set(len(self._drain.set_aside.ids()))
        BROKEN.set(len(self._spool.broken()))


def portal_named(body: bytes) -> bytes:
    """Return the member_id in a body. It is not believed: events that name the same one keep their order."""
    named = _MEMBER.search(body)
    return named[1] if named else b""


async def _until(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), max(0.0, seconds))
