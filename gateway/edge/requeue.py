"""`python -m edge requeue`: give messaging another chance with the events that it refused for good.

For after the cause was mended: such events wait as files of their own in the spool's folder. What messaging takes
is deleted, what it refuses again stays. Safe while the gateway runs, and safe to repeat: an event is taken once.
"""

import asyncio
from pathlib import Path

import structlog

from edge.spool import REJECTED
from kit.errors import PeerError
from kit.rpc import call, channel
from teachbase.messaging.v1 import messaging_pb2 as pb
from teachbase.messaging.v1.messaging_pb2_grpc import MessagingServiceStub

log = structlog.get_logger("requeue")

_TIMEOUT_S = 20.0


def requeue(spool_dir: Path, messaging_grpc: str) -> tuple[int, int]:
    """Hand on every event that was set aside, oldest first. Returns how many were taken and how many stay."""
    files = sorted(spool_dir.glob(f"*{REJECTED}"))
    events = [pb.RawEvent.FromString(path.read_bytes()) for path in files]
    taken = asyncio.run(_hand_on(messaging_grpc, events))
    for path, is_taken in zip(files, taken, strict=True):
        if is_taken:
            path.unlink()
    return sum(taken), len(taken) - sum(taken)


async def _hand_on(messaging_grpc: str, events: list[pb.RawEvent]) -> list[bool]:
    async with channel(messaging_grpc) as messaging:
        return [await _is_taken(MessagingServiceStub(messaging), event) for event in events]


async def _is_taken(messaging: MessagingServiceStub, event: pb.RawEvent) -> bool:
    try:
        request = pb.IngestRequest(events=[event])
        await call(messaging.Ingest, request, peer="messaging", timeout=_TIMEOUT_S)
    except PeerError as error:
        log.warning("event stays", trace_id=event.trace_id, reason=error.reason, why=error.message)
        return False
    log.info("event taken", trace_id=event.trace_id)
    return True
