"""The gateway's own queue: what waits in it and why, and the events that were set aside."""

import asyncio
import itertools
import re
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import StreamingResponse

from edge import csv_file, rows, staff_log
from edge import requeue as use_case
from edge.auth import Operator, admin_session
from edge.drain import Drain
from edge.errors import ApiError
from edge.exports import Export
from edge.filters import List, Listing, TraceId
from edge.intake import Intake
from edge.rpc import Peers
from edge.schemas.admin import Page
from edge.schemas.spool import BrokenSegment, Requeued, SetAsideEvent, SpoolState
from edge.set_aside import Record, SetAside
from edge.spool import Spool, begun
from kit.errors import PeerError
from kit.pb import enum_name
from teachbase.messaging.v1 import messaging_pb2 as pb

router = APIRouter(prefix="/v1/admin/spool", tags=["admin spool"], dependencies=[Depends(admin_session)])

_MIB = 1024 * 1024
_ID = "^[0-9]{20}$"
_AFTER_ALL = ":"
_COLUMNS = (
    "id",
    "created_at",
    "trace_id",
    "received_at",
    "size",
    "body_truncated",
    "content_type",
    "remote_ip",
    "reason",
    "cause",
)
RecordId = Annotated[str, Path(pattern=_ID)]


@router.get("", summary="What waits in the gateway, and why")
async def state(request: Request) -> SpoolState:
    """Return the state of the durable queue of events for which messaging or its database was away."""
    return await asyncio.to_thread(
        _state, request.app.state.spool, request.app.state.drain, request.app.state.intake
    )


@router.get("/set-aside", summary="Events that messaging refused for good, newest first")
async def set_aside(request: Request, listing: List, trace_id: TraceId = "") -> Page[SetAsideEvent]:
    """List them with why; `since` and `until` are about when they were set aside."""
    if listing.cursor and not re.match(_ID, listing.cursor):
        raise ApiError(400, "invalid_argument", "page_token: is not one of this list")
    drain: Drain = request.app.state.drain
    return await asyncio.to_thread(_page, drain.set_aside, listing, trace_id)


@router.get(
    "/set-aside.csv",
    summary="Events that messaging refused for good, as a file",
    response_class=StreamingResponse,
    responses=csv_file.DESCRIBED,
)
async def set_aside_csv(
    request: Request, listing: List, export: Export, trace_id: TraceId = ""
) -> StreamingResponse:
    """Stream every event of the filter."""
    times = {"since": listing.since, "until": listing.until}
    wanted = {name: rows.iso(moment) for name, moment in times.items() if moment}
    await export.record("set_aside", wanted | ({"trace_id": trace_id} if trace_id else {}))
    drain: Drain = request.app.state.drain

    async def page(asked: csv_file.Asked) -> Page[SetAsideEvent]:
        part = listing.model_copy(update={"limit": asked.page_size, "cursor": asked.page_token})
        return await asyncio.to_thread(_page, drain.set_aside, part, trace_id)

    return await csv_file.of_list("set-aside", _COLUMNS, csv_file.Asked(), page)


@router.post("/set-aside/{record_id}/requeue", summary="Give messaging an event again that it refused")
async def requeue(record_id: RecordId, request: Request, admin: Operator, peers: Peers) -> Requeued:
    """Hand it on, after its cause was mended. Refused again it stays: 409 `refused_again`. Audited."""
    drain: Drain = request.app.state.drain
    record = await asyncio.to_thread(drain.set_aside.get, record_id)
    if record is None:
        raise ApiError(404, "set_aside_event_not_found", "No such event is set aside: it may have been taken.")
    described = {"id": record_id, "trace_id": record.event.trace_id}
    await staff_log.record(peers, request, admin, "spool.requeue", after=described)
    try:
        receipt = await use_case.one(drain.set_aside, record, peers.messaging)
    except PeerError as error:
        if error.is_transient:
            raise
        raise ApiError(
            409,
            "refused_again",
            f"Messaging refuses it still: {error.message}",
            {"reason": error.reason.lower(), "next_step": "Mend the cause first; the event stays here."},
        ) from None
    return Requeued(
        id=record_id,
        trace_id=record.event.trace_id,
        outcome=enum_name(pb.InboundOutcome, receipt.outcome),
        reason=receipt.reason or None,
        message_id=receipt.message_id or None,
    )


def _state(spool: Spool, drain: Drain, intake: Intake) -> SpoolState:
    cause = drain.cause if spool.depth else None
    lost = intake.not_durable
    return SpoolState(
        state="waiting" if cause else "draining" if spool.depth else "empty",
        depth=spool.depth,
        waiting_s=round(spool.waiting_s),
        bytes=spool.size(),
        reason=cause.reason if cause else None,
        cause=cause.text if cause else None,
        next_step=cause.next_step if cause else None,
        set_aside=len(drain.set_aside.ids()),
        broken=[
            BrokenSegment(
                id=path.stem,
                created_at=rows.iso(datetime.fromtimestamp(begun(path), UTC)),
                size=path.stat().st_size,
            )
            for path in spool.broken()
        ],
        disk_free_mb=spool.disk_free() // _MIB,
        not_durable=lost.count,
        last_not_durable_at=rows.iso(lost.last_at) if lost.last_at else None,
        last_not_durable_cause=lost.last_cause,
    )


def _page(aside: SetAside, listing: Listing, trace_id: str) -> Page[SetAsideEvent]:
    begin = _id_at(listing.since) if listing.since else ""
    end = _id_at(listing.until) if listing.until else _AFTER_ALL
    end = min(end, listing.cursor or _AFTER_ALL)
    records = aside.records([one for one in reversed(aside.ids()) if begin <= one < end])
    found = (_row(one) for one in records if trace_id in {"", one.event.trace_id})
    items = list(itertools.islice(found, listing.limit + 1))
    page = items[: listing.limit]
    return Page(items=page, next_cursor=page[-1].id if len(items) > len(page) else None)


def _id_at(moment: datetime) -> str:
    return f"{int(moment.timestamp()) * 10**9 + moment.microsecond * 1000:020d}"


def _row(record: Record) -> SetAsideEvent:
    event = record.event
    return SetAsideEvent(
        id=record.id,
        created_at=rows.iso(record.at),
        trace_id=event.trace_id,
        received_at=rows.maybe_at(event, "received_at"),
        size=len(event.body),
        body_truncated=event.body_truncated,
        content_type=event.content_type,
        remote_ip=event.remote_ip,
        reason=record.reason.lower() or None,
        cause=record.why or None,
    )
