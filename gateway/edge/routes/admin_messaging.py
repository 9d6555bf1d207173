"""Dialogs, messages, events and the blackbox, as the console lists them."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from edge import csv_file, rows
from edge.auth import admin_session
from edge.exports import Export
from edge.filters import Id, List, TraceId, text, word
from edge.rpc import Contexts, Peers, ask
from edge.schemas.admin import Dialog, Event, InboundEvent, Message, Page
from edge.schemas.text import Text
from teachbase.messaging.v1 import messaging_pb2 as pb

router = APIRouter(prefix="/v1/admin", tags=["admin messaging"], dependencies=[Depends(admin_session)])


_DIALOGS = (
    "id",
    "created_at",
    "portal_id",
    "provider_dialog_id",
    "user_id",
    "kind",
    "state",
    "last_message_at",
)
_MESSAGES = (
    "id",
    "created_at",
    "portal_id",
    "dialog_id",
    "direction",
    "author_id",
    "state",
    "reason",
    "body",
    "provider_message_id",
    "reply_to",
    "trace_id",
)
_INBOUND_EVENTS = (
    "id",
    "received_at",
    "portal_id",
    "domain",
    "member_id",
    "event",
    "outcome",
    "reason",
    "method",
    "path",
    "dialog_id",
    "user_id",
    "content_type",
    "body_truncated",
    "body_sha256",
    "remote_ip",
    "trace_id",
)


def _asked_dialogs(listing: List, portal_id: Id = None) -> pb.ListDialogsRequest:
    return pb.ListDialogsRequest(portal_id=text(portal_id), **listing.page())


AskedDialogs = Annotated[pb.ListDialogsRequest, Depends(_asked_dialogs)]


@router.get("/dialogs", summary="Dialogs by last message, newest first")
async def dialogs(peers: Peers, asked: AskedDialogs) -> Page[Dialog]:
    """List dialogs."""
    return await _dialogs(peers, asked)


@router.get(
    "/dialogs.csv", summary="Dialogs, as a file", response_class=StreamingResponse, responses=csv_file.DESCRIBED
)
async def dialogs_csv(peers: Peers, asked: AskedDialogs, export: Export) -> StreamingResponse:
    """Stream every dialog of the filter."""
    return await export.of_list("dialogs", _DIALOGS, asked, partial(_dialogs, peers))


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
    return await _messages(peers, request)


def _asked_messages(
    listing: List,
    portal_id: Id = None,
    dialog_id: Id = None,
    trace_id: TraceId = "",
    message_id: Id = None,
    provider_message_id: Annotated[int, Query(ge=0, lt=1 << 63)] = 0,
    state: str = "",
    direction: str = "",
) -> pb.ListMessagesRequest:
    return pb.ListMessagesRequest(
        portal_id=text(portal_id),
        dialog_id=text(dialog_id),
        trace_id=trace_id,
        message_id=text(message_id),
        provider_message_id=provider_message_id,
        state=word(pb.MessageState, "state", state),
        direction=word(pb.Direction, "direction", direction),
        **listing.page(),
    )


AskedMessages = Annotated[pb.ListMessagesRequest, Depends(_asked_messages)]


@router.get("/messages", summary="Messages, newest first")
async def messages(peers: Peers, asked: AskedMessages) -> Page[Message]:
    """List messages; message_id, trace_id and provider_message_id find one."""
    return await _messages(peers, asked)


@router.get(
    "/messages.csv", summary="Messages, as a file", response_class=StreamingResponse, responses=csv_file.DESCRIBED
)
async def messages_csv(peers: Peers, asked: AskedMessages, export: Export) -> StreamingResponse:
    """Stream every message of the filter."""
    return await export.of_list("messages", _MESSAGES, asked, partial(_messages, peers))


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


def _asked_inbound_events(
    listing: List,
    portal_id: Id = None,
    trace_id: TraceId = "",
    domain: Annotated[Text, Query(max_length=255)] = "",
    event: Annotated[Text, Query(max_length=64)] = "",
    outcome: str = "",
    reason: Annotated[Text, Query(max_length=128)] = "",
) -> pb.ListInboundEventsRequest:
    return pb.ListInboundEventsRequest(
        portal_id=text(portal_id),
        trace_id=trace_id,
        domain=domain.lower(),
        event=event.upper(),
        outcome=word(pb.InboundOutcome, "outcome", outcome),
        reason=reason,
        **listing.page(),
    )


AskedInboundEvents = Annotated[pb.ListInboundEventsRequest, Depends(_asked_inbound_events)]


@router.get("/inbound-events", summary="The blackbox: every request to the events address, newest first")
async def inbound_events(peers: Peers, asked: AskedInboundEvents) -> Page[InboundEvent]:
    """List the blackbox."""
    return await _inbound_events(peers, asked)


@router.get(
    "/inbound-events.csv",
    summary="The blackbox, as a file",
    response_class=StreamingResponse,
    responses=csv_file.DESCRIBED,
)
async def inbound_events_csv(peers: Peers, asked: AskedInboundEvents, export: Export) -> StreamingResponse:
    """Stream every request of the filter, without bodies."""
    return await export.of_list("inbound-events", _INBOUND_EVENTS, asked, partial(_inbound_events, peers))


async def _dialogs(peers: Contexts, asked: pb.ListDialogsRequest) -> Page[Dialog]:
    found = await ask("messaging", peers.messaging.ListDialogs, asked)
    return Page(items=list(map(rows.dialog_row, found.dialogs)), next_cursor=found.next_page_token or None)


async def _inbound_events(peers: Contexts, asked: pb.ListInboundEventsRequest) -> Page[InboundEvent]:
    found = await ask("messaging", peers.messaging.ListInboundEvents, asked)
    items = list(map(rows.inbound_event_row, found.events))
    return Page(items=items, next_cursor=found.next_page_token or None)


async def _messages(peers: Contexts, asked: pb.ListMessagesRequest) -> Page[Message]:
    found = await ask("messaging", peers.messaging.ListMessages, asked)
    return Page(items=list(map(rows.message_row, found.messages)), next_cursor=found.next_page_token or None)
