"""The outbox, as the console lists it."""

from uuid import UUID

from fastapi import APIRouter, Depends

from edge import rows
from edge.auth import admin_session
from edge.filters import Id, List, TraceId, text, word
from edge.rpc import Peers, ask
from edge.schemas.admin import OutboxItem, OutboxItemDetail, Page
from teachbase.delivery.v1 import delivery_pb2 as pb

router = APIRouter(prefix="/v1/admin/outbox", tags=["admin outbox"], dependencies=[Depends(admin_session)])


@router.get("", summary="Messages on their way, newest first")
async def outbox(
    peers: Peers,
    listing: List,
    portal_id: Id = None,
    dialog_id: Id = None,
    trace_id: TraceId = "",
    state: str = "",
) -> Page[OutboxItem]:
    """List outbox items."""
    request = pb.ListOutboxRequest(
        portal_id=text(portal_id),
        dialog_id=text(dialog_id),
        trace_id=trace_id,
        state=word(pb.OutboxState, "state", state),
        **listing.page(),
    )
    found = await ask("delivery", peers.delivery.ListOutbox, request)
    return Page(items=list(map(rows.outbox_row, found.items)), next_cursor=found.next_page_token or None)


@router.get("/{item_id}", summary="One outbox item with its attempts")
async def outbox_item(item_id: UUID, peers: Peers) -> OutboxItemDetail:
    """Return an outbox item with every request made for it."""
    found = await ask("delivery", peers.delivery.GetOutboxItem, pb.GetOutboxItemRequest(id=str(item_id)))
    return OutboxItemDetail(
        **rows.outbox_row(found.item).model_dump(),
        attempts_log=list(map(rows.attempt_row, found.attempts_log)),
    )
