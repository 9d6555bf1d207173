"""Dialogs, messages, events and the blackbox, as the console lists them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from edge import rows
from edge.auth import admin_session
from edge.filters import Id, List, TraceId, text, word
from edge.rpc import Peers, ask
from edge.schemas.admin import Dialog, Event, InboundEvent, Message, Page
from edge.schemas.text import Text
from teachbase.messaging.v1 import messaging_pb2 as pb

router = APIRouter(prefix="/v1/admin", tags=["admin messaging"], dependencies=[Depends(admin_session)])


@router.get("/dialogs", summary="Dialogs by last message, newest first")
async def dialogs(peers: Peers, listing: List, portal_id: Id = None) -> Page[Dialog]:
    """List dialogs."""
    request = pb.ListDialogsRequest(portal_id=text(portal_id), **listing.page())
    found = await ask("messaging", peers.messaging.ListDialogs, request)
    return Page(items=list(map(rows.dialog_row, found.dialogs)), next_cursor=found.next_page_token or None)


@router.get("/dialogs/{dialog_id}", summary="One dialog")
async def dialog(dialog_id: UUID, peers: Peers) -> Dialog:
    """Return a dialog."""
    request = pb.GetDialogRequest(dialog_id=str(dialog_id))
    return rows.dialog_row((await ask("messaging", peers.messaging.GetDialog, request)).dialog)


@router.get("/dialogs/{dialog_id}/messages", summary="Messages of a dialog, newest first")
async def dialog_messages(
    dialog_id: UUID, peers: Peers, listing: List, portal_id: Id = None, trace_id: TraceId = ""
) -> Page[Message]:
    """List a dialog's messages; none for the id of a portal that is not the dialog's."""
    dialog_request = pb.GetDialogRequest(dialog_id=str(dialog_id))
    found_dialog = (await ask("messaging", peers.messaging.GetDialog, dialog_request)).dialog
    request = pb.ListMessagesRequest(
        portal_id=text(portal_id) or found_dialog.portal_id,
        dialog_id=found_dialog.id,
        trace_id=trace_id,
        **listing.page(),
    )
    return _messages(await ask("messaging", peers.messaging.ListMessages, request))


@router.get("/messages", summary="Messages, newest first")
async def messages(
    peers: Peers,
    listing: List,
    portal_id: Id = None,
    dialog_id: Id = None,
    trace_id: TraceId = "",
    provider_message_id: Annotated[int, Query(ge=0, lt=1 << 63)] = 0,
    state: str = "",
    direction: str = "",
) -> Page[Message]:
    """List messages; trace_id and provider_message_id find one."""
    request = pb.ListMessagesRequest(
        portal_id=text(portal_id),
        dialog_id=text(dialog_id),
        trace_id=trace_id,
        provider_message_id=provider_message_id,
        state=word(pb.MessageState, "state", state),
        direction=word(pb.Direction, "direction", direction),
        **listing.page(),
    )
    return _messages(await ask("messaging", peers.messaging.ListMessages, request))


@router.get("/events", summary="What happened, newest first")
async def events(
    peers: Peers,
    listing: List,
    portal_id: Id = None,
    trace_id: TraceId = "",
    type_: Annotated[Text, Query(alias="type", max_length=32)] = "",
) -> Page[Event]:
    """List events: rx, ignored, refused, send_ok, send_err."""
    request = pb.ListEventsRequest(portal_id=text(portal_id), trace_id=trace_id, type=type_, **listing.page())
    found = await ask("messaging", peers.messaging.ListEvents, request)
    return Page(items=list(map(rows.event_row, found.events)), next_cursor=found.next_page_token or None)


@router.get("/inbound-events", summary="The blackbox: every request to the events address, newest first")
async def inbound_events(
    peers: Peers,
    listing: List,
    portal_id: Id = None,
    trace_id: TraceId = "",
    domain: Annotated[Text, Query(max_length=255)] = "",
    event: Annotated[Text, Query(max_length=64)] = "",
    outcome: str = "",
    reason: Annotated[Text, Query(max_length=128)] = "",
) -> Page[InboundEvent]:
    """List the blackbox."""
    request = pb.ListInboundEventsRequest(
        portal_id=text(portal_id),
        trace_id=trace_id,
        domain=domain.lower(),
        event=event.upper(),
        outcome=word(pb.InboundOutcome, "outcome", outcome),
        reason=reason,
        **listing.page(),
    )
    found = await ask("messaging", peers.messaging.ListInboundEvents, request)
    items = list(map(rows.inbound_event_row, found.events))
    return Page(items=items, next_cursor=found.next_page_token or None)


def _messages(found: pb.ListMessagesResponse) -> Page[Message]:
    return Page(items=list(map(rows.message_row, found.messages)), next_cursor=found.next_page_token or None)
