"""The way of spooled events to messaging: oldest first, in the order in which they came."""

import asyncio
from dataclasses import dataclass

import structlog
from grpc import StatusCode

from edge.rpc import Contexts
from edge.set_aside import SetAside
from edge.spool import Spool
from kit.errors import DatabaseUnavailable, PeerError
from kit.rpc import call
from teachbase.messaging.v1 import messaging_pb2 as pb

log = structlog.get_logger("drain")

MAX_EVENTS = 500
MAX_BYTES = 8 * 1024 * 1024
_BUDGET_S = 20.0
_SUSPICIOUS = 20
"""So many events in a row that messaging fails at one by one, and it is messaging that is ill."""
_WAIT = (
    "Start {} again, if nothing else does: events are taken meanwhile, and brought in order as soon as it answers."
)


@dataclass(frozen=True)
class Cause:
    """Why events wait."""

    reason: str
    """A stable code."""
    text: str
    next_step: str


class Drain:
    """Brings the spool's events to messaging; `cause` says why it could not the last time, None = it could."""

    def __init__(self, contexts: Contexts, spool: Spool) -> None:
        self._contexts = contexts
        self._spool = spool
        self.set_aside = SetAside(spool.folder)
        self.cause: Cause | None = None

    async def front(self) -> int:
        """Bring at most MAX_EVENTS from the front; returns how many. Raises PeerError, OSError: then they stay."""
        try:
            async with self._spool.front(MAX_EVENTS, MAX_BYTES) as records:
                await self._bring([pb.RawEvent.FromString(one) for one in records])
        except PeerError as error:
            self.cause = _cause(error)
            raise
        except OSError as error:
            step = "Look at the disk of the gateway's spool: what waits there is not lost."
            self.cause = Cause("disk", f"The spool cannot be read or written: {error.strerror}.", step)
            raise
        self.cause = None
        return len(records)

    async def _bring(self, events: list[pb.RawEvent]) -> None:
        try:
            await self._ingest(events)
        except PeerError as error:
            if error.is_transient:
                raise
            await self._one_by_one(events)

    async def _one_by_one(self, events: list[pb.RawEvent]) -> None:
        """Bring each alone. Where messaging takes others, what it fails at is at fault and set aside."""
        taken, refused = 0, list[tuple[pb.RawEvent, PeerError]]()
        for event in events:
            try:
                await self._ingest([event])
                taken += 1
            except PeerError as error:
                refused.append((event, error))
                if error.is_transient or (not taken and _are_failures(refused[-_SUSPICIOUS:], _SUSPICIOUS)):
                    raise
        if not taken and _are_failures(refused, 1):
            raise refused[0][1]
        for event, why in refused:
            await self._put_aside(event, why)

    async def _put_aside(self, event: pb.RawEvent, error: PeerError) -> None:
        # It must not keep those behind it from being stored; it stays on disk for a person to look at.
        await asyncio.to_thread(self.set_aside.put, event, error.reason, error.message)
        log.error("event set aside", trace_id=event.trace_id, reason=error.reason, why=error.message)

    async def _ingest(self, events: list[pb.RawEvent]) -> None:
        if events:
            request = pb.IngestRequest(events=events)
            await call(self._contexts.messaging.Ingest, request, peer="messaging", timeout=_BUDGET_S)


def _are_failures(refused: list[tuple[pb.RawEvent, PeerError]], count: int) -> bool:
    """Whether at least so many failed, for whatever reason, without being judged bad themselves."""
    return sum(error.status is not StatusCode.INVALID_ARGUMENT for _, error in refused) >= count


def _cause(error: PeerError) -> Cause:
    if error.reason == DatabaseUnavailable.reason:
        return Cause(error.reason.lower(), "Messaging's Postgres does not answer.", _WAIT.format("Postgres"))
    if error.status is StatusCode.UNAVAILABLE:
        return Cause("messaging_away", "Messaging does not answer.", _WAIT.format("messaging"))
    if error.status is StatusCode.DEADLINE_EXCEEDED:
        return Cause("messaging_slow", "Messaging or its Postgres does not answer in time.", _WAIT.format("both"))
    return Cause(
        error.reason.lower(), f"Messaging fails: {error.message}", "Look for the cause in messaging's log."
    )
