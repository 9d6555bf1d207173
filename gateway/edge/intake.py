"""The way of an event from the request to durability: one of a batch for messaging, or the spool.

While an Ingest is under way events gather, and the next takes them all (docs/architecture.md section 3).
"""

import asyncio

import structlog
from grpc import StatusCode
from prometheus_client import Counter, Gauge

from edge.errors import ApiError
from edge.rpc import Contexts
from edge.spool import Spool
from kit import background
from kit.coalesce import Coalescer
from kit.errors import PeerError
from kit.rpc import call
from teachbase.messaging.v1 import messaging_pb2 as pb

log = structlog.get_logger("intake")

EVENTS = Counter("tb_events_total", "Events taken, by where they became durable", ["where"])
SPOOL_DEPTH = Gauge("tb_spool_depth", "Events that wait in the spool")
SPOOL_WAITING = Gauge("tb_spool_waiting_seconds", "For how long events have waited in the spool")

BUDGET_S = 0.8
"""From its arrival, after which the spool takes an event: who needs over a second is called less often (trap 7).

One that messaging stores all the same is stored twice, as one event: it has a key.
"""
DRAIN_BUDGET_S = 20.0
MAX_EVENTS = 500
MAX_BYTES = 8 * 1024 * 1024
IN_FLIGHT = 2
WORTH_ANOTHER = 16
_DRAIN_EVERY_S = 0.5


class Intake:
    """Makes events durable."""

    def __init__(self, contexts: Contexts, spool: Spool) -> None:
        self._contexts = contexts
        self._spool = spool
        self._batches: Coalescer[pb.RawEvent, None] = Coalescer(
            self._ingest,
            max_items=MAX_EVENTS,
            max_weight=MAX_BYTES,
            max_in_flight=IN_FLIGHT,
            worth_another=WORTH_ANOTHER,
            weigh=lambda event: len(event.body),
        )

    async def take(self, event: pb.RawEvent) -> None:
        """Return when an event is durable. Raises ApiError 503 when it cannot be made so."""
        if not self._spool.depth:
            try:
                async with asyncio.timeout(BUDGET_S):
                    await self._batches.submit(event)
            except PeerError as error:
                log.warning("event spooled", reason=error.reason, trace_id=event.trace_id)
            except TimeoutError:
                log.warning("event spooled", reason="budget", trace_id=event.trace_id)
            else:
                EVENTS.labels("messaging").inc()
                return
        # What came before it waits in the spool, so it waits behind: order of arrival is kept.
        try:
            await self._spool.append(event.SerializeToString())
        except OSError as error:
            log.error("event not durable", error=repr(error), trace_id=event.trace_id)
            raise ApiError(503, "not_durable", "The event cannot be stored now. Send it again.") from None
        EVENTS.labels("spool").inc()
        self._measure()

    async def drain(self) -> None:
        """Bring the spool to messaging, oldest first, for ever."""
        await background.every(_DRAIN_EVERY_S, "drain_spool", self._drain_all)

    async def _drain_all(self) -> None:
        try:
            while self._spool.depth:
                async with self._spool.front(MAX_EVENTS) as records:
                    await self._drain([pb.RawEvent.FromString(one) for one in records])
                log.info("spool drained", left=self._spool.depth)
        except PeerError as error:
            log.warning("spool waits", depth=self._spool.depth, reason=error.reason)
        finally:
            self._measure()

    async def _drain(self, events: list[pb.RawEvent]) -> None:
        try:
            await self._ingest(events, DRAIN_BUDGET_S)
        except PeerError as error:
            if error.status is not StatusCode.INVALID_ARGUMENT:
                raise
            if len(events) == 1:
                # It must not keep those behind it from being stored; it stays on disk for a person to look at.
                await self._spool.set_aside(events[0].SerializeToString())
                log.error("event set aside", trace_id=events[0].trace_id, reason=error.reason, why=error.message)
                return
            for event in events:
                await self._drain([event])

    def _measure(self) -> None:
        SPOOL_DEPTH.set(self._spool.depth)
        SPOOL_WAITING.set(self._spool.waiting_s)

    async def _ingest(self, events: list[pb.RawEvent], budget_s: float = BUDGET_S) -> list[None]:
        if events:
            request = pb.IngestRequest(events=events)
            await call(self._contexts.messaging.Ingest, request, peer="messaging", timeout=budget_s)
        return [None] * len(events)
