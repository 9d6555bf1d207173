"""The outbox, as the console lists it."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse

from edge import csv_file, rows, staff_log
from edge.auth import Operator, admin_session
from edge.exports import Export
from edge.filters import Id, List, TraceId, text, word
from edge.rpc import Contexts, Peers, ask
from edge.schemas.admin import OutboxItem, OutboxItemDetail, Page, Retried, RetryAsked
from edge.schemas.text import Text
from kit.pb import moment
from teachbase.delivery.v1 import delivery_pb2 as pb

router = APIRouter(prefix="/v1/admin/outbox", tags=["admin outbox"], dependencies=[Depends(admin_session)])

_MANY_TIMEOUT_S = 55.0


_COLUMNS = (
    "id",
    "created_at",
    "portal_id",
    "dialog_id",
    "message_id",
    "part",
    "state",
    "attempts",
    "due_at",
    "sent_at",
    "cause",
    "next_step",
    "provider_message_id",
    "trace_id",
)


def _asked(
    listing: List,
    portal_id: Id = None,
    dialog_id: Id = None,
    trace_id: TraceId = "",
    state: str = "",
    cause: Annotated[Text, Query(max_length=128)] = "",
) -> pb.ListOutboxRequest:
    return pb.ListOutboxRequest(
        portal_id=text(portal_id),
        dialog_id=text(dialog_id),
        trace_id=trace_id,
        state=word(pb.OutboxState, "state", state),
        cause=cause,
        **listing.page(),
    )


Asked = Annotated[pb.ListOutboxRequest, Depends(_asked)]


@router.get("", summary="Messages on their way, newest first")
async def outbox(peers: Peers, asked: Asked) -> Page[OutboxItem]:
    """List outbox items."""
    return await _page(peers, asked)


@router.get(
    ".csv",
    summary="Messages on their way, as a file",
    response_class=StreamingResponse,
    responses=csv_file.DESCRIBED,
)
async def outbox_csv(peers: Peers, asked: Asked, export: Export) -> StreamingResponse:
    """Stream every item of the filter."""
    return await export.of_list("outbox", _COLUMNS, asked, partial(_page, peers))


@router.post("/retry", summary="Send dead letters again; first it says how many")
async def retry_many(body: RetryAsked, request: Request, admin: Operator, peers: Peers) -> Retried:
    """Count (`dry_run`, the default), or take up a bounded number, oldest first. Audited."""
    wanted = body.filter
    asked = pb.RetryOutboxRequest(
        portal_id=text(wanted.portal_id),
        dialog_id=text(wanted.dialog_id),
        cause=wanted.cause,
        since=moment(wanted.since),
        until=moment(wanted.until),
        dry_run=body.dry_run,
    )
    if not body.dry_run:
        described = wanted.model_dump(mode="json", exclude_defaults=True)
        await staff_log.record(
            peers, request, admin, "outbox.retry_many", after={"filter": described}, portal_id=asked.portal_id
        )
    done = await ask("delivery", peers.delivery.RetryOutbox, asked, _MANY_TIMEOUT_S)
    return Retried(dry_run=body.dry_run, matched=done.matched, retried=done.retried, remaining=done.remaining)


@router.post("/{item_id}/retry", summary="Send a dead letter again")
async def retry(item_id: UUID, request: Request, admin: Operator, peers: Peers) -> OutboxItem:
    """Take it up with the key that it had: what the portal has shown is not shown again. Audited."""
    found = await ask("delivery", peers.delivery.GetOutboxItem, pb.GetOutboxItemRequest(id=str(item_id)))
    row = rows.outbox_row(found.item)
    if row.state == "dead":  # what is refused anyway leaves no trace in the log
        before = {"id": row.id, "state": row.state, "cause": row.cause}
        after = {"id": row.id, "state": "retry"}
        await staff_log.record(
            peers, request, admin, "outbox.retry", before=before, after=after, portal_id=row.portal_id
        )
    done = await ask("delivery", peers.delivery.RetryOutboxItem, pb.RetryOutboxItemRequest(id=str(item_id)))
    return rows.outbox_row(done.item)


@router.get("/{item_id}", summary="One outbox item with its attempts")
async def outbox_item(item_id: UUID, peers: Peers) -> OutboxItemDetail:
    """Return an outbox item with every request made for it."""
    found = await ask("delivery", peers.delivery.GetOutboxItem, pb.GetOutboxItemRequest(id=str(item_id)))
    return OutboxItemDetail(
        **rows.outbox_row(found.item).model_dump(),
        attempts_log=list(map(rows.attempt_row, found.attempts_log)),
    )


async def _page(peers: Contexts, asked: pb.ListOutboxRequest) -> Page[OutboxItem]:
    found = await ask("delivery", peers.delivery.ListOutbox, asked)
    return Page(items=list(map(rows.outbox_row, found.items)), next_cursor=found.next_page_token or None)
