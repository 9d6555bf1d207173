"""Give messaging another chance with the events that it refused for good, after the cause was mended.

`python -m edge requeue` does it with all of them, the console with one. What messaging takes is deleted, what it
refuses again stays. Safe while the gateway runs, and safe to repeat: an event is taken once.
"""

import asyncio

import structlog

from edge.config import SpoolSettings
from edge.set_aside import Record, SetAside
from kit.errors import PeerError
from kit.rpc import call, channel
from teachbase.messaging.v1 import messaging_pb2 as pb
from teachbase.messaging.v1.messaging_pb2_grpc import MessagingServiceStub

log = structlog.get_logger("requeue")

_TIMEOUT_S = 20.0


def requeue(settings: SpoolSettings) -> tuple[int, int]:
    """Hand on every event that was set aside, oldest first. Returns how many were taken and how many stay."""
    return asyncio.run(_all(SetAside(settings.spool_dir), settings))


async def one(set_aside: SetAside, record: Record, messaging: MessagingServiceStub) -> pb.Receipt:
    """Hand on one event; forget it when messaging has it. Raises PeerError, and it stays."""
    request = pb.IngestRequest(events=[record.event])
    receipts = (await call(messaging.Ingest, request, peer="messaging", timeout=_TIMEOUT_S)).receipts
    await asyncio.to_thread(set_aside.remove, record.id)
    return receipts[0] if receipts else pb.Receipt(trace_id=record.event.trace_id)


async def _all(set_aside: SetAside, settings: SpoolSettings) -> tuple[int, int]:
    taken = left = 0
    async with channel(settings.messaging_grpc, "messaging", settings) as messaging:
        for record in set_aside.records(set_aside.ids()):
            try:
                await one(set_aside, record, MessagingServiceStub(messaging))
            except PeerError as error:
                trace_id = record.event.trace_id
                log.warning("event stays", trace_id=trace_id, reason=error.reason, why=error.message)
                left += 1
            else:
                log.info("event taken", trace_id=record.event.trace_id)
                taken += 1
    return taken, left
