"""The servicer of MessagingService: message -> use case -> message."""

from datetime import UTC
from uuid import UUID

from kit import paging, tracing
from kit.pb import enum_name, optional_uuid, to_datetime
from kit.rpc import Context
from messaging import packing, trace
from messaging.domain import RawEvent
from messaging.ingest import Inbox
from messaging.portals import PortalChanges
from messaging.reading import Reading
from teachbase.messaging.v1 import messaging_pb2 as pb
from teachbase.messaging.v1 import messaging_pb2_grpc


class MessagingServicer(messaging_pb2_grpc.MessagingServiceServicer):
    """Speaks for the messaging context."""

    def __init__(self, inbox: Inbox, reading: Reading, portal_changes: PortalChanges) -> None:
        self._inbox = inbox
        self._reading = reading
        self._portal_changes = portal_changes

    async def Ingest(self, request: pb.IngestRequest, context: Context) -> pb.IngestResponse:
        with tracing.together("Ingest", "SERVER", (event.trace_id for event in request.events)):
            receipts = await self._inbox.ingest([_raw_event(event) for event in request.events])
        return pb.IngestResponse(receipts=map(packing.receipt, receipts))

    async def ListDialogs(self, request: pb.ListDialogsRequest, context: Context) -> pb.ListDialogsResponse:
        dialogs, token = await self._reading.dialogs(
            request.page_token,
            paging.size_of(request.page_size),
            portal_id=optional_uuid(request.portal_id),
            since=to_datetime(request, "since"),
            until=to_datetime(request, "until"),
        )
        return pb.ListDialogsResponse(dialogs=map(packing.dialog, dialogs), next_page_token=token)

    async def GetDialog(self, request: pb.GetDialogRequest, context: Context) -> pb.GetDialogResponse:
        return pb.GetDialogResponse(dialog=packing.dialog(await self._reading.dialog(UUID(request.dialog_id))))

    async def ListMessages(self, request: pb.ListMessagesRequest, context: Context) -> pb.ListMessagesResponse:
        messages, token = await self._reading.messages(
            request.page_token,
            paging.size_of(request.page_size),
            portal_id=optional_uuid(request.portal_id),
            dialog_id=optional_uuid(request.dialog_id),
            trace_id=optional_uuid(request.trace_id),
            message_id=optional_uuid(request.message_id),
            provider_message_id=request.provider_message_id,
            state=enum_name(pb.MessageState, request.state),
            direction=enum_name(pb.Direction, request.direction),
            since=to_datetime(request, "since"),
            until=to_datetime(request, "until"),
        )
        return pb.ListMessagesResponse(messages=map(packing.message, messages), next_page_token=token)

    async def ListEvents(self, request: pb.ListEventsRequest, context: Context) -> pb.ListEventsResponse:
        events, token = await self._reading.events(
            request.page_token,
            paging.size_of(request.page_size),
            portal_id=optional_uuid(request.portal_id),
            trace_id=optional_uuid(request.trace_id),
            type_=request.type,
            since=to_datetime(request, "since"),
            until=to_datetime(request, "until"),
        )
        return pb.ListEventsResponse(events=map(packing.event, events), next_page_token=token)

    async def ListInboundEvents(
        self, request: pb.ListInboundEventsRequest, context: Context
    ) -> pb.ListInboundEventsResponse:
        events, token = await self._reading.inbound_events(
            request.page_token,
            paging.size_of(request.page_size),
            portal_id=optional_uuid(request.portal_id),
            trace_id=optional_uuid(request.trace_id),
            domain=request.domain,
            event=request.event,
            outcome=enum_name(pb.InboundOutcome, request.outcome),
            reason=request.reason,
            since=to_datetime(request, "since"),
            until=to_datetime(request, "until"),
        )
        return pb.ListInboundEventsResponse(events=map(packing.inbound_event, events), next_page_token=token)

    async def GetTrace(self, request: pb.GetTraceRequest, context: Context) -> pb.GetTraceResponse:
        return trace.of(*await self._reading.of_trace(UUID(hex=request.trace_id)))

    async def CountAnswered(self, request: pb.CountAnsweredRequest, context: Context) -> pb.CountAnsweredResponse:
        since = request.since.ToDatetime(tzinfo=UTC)
        answered = await self._reading.count_answered(UUID(request.portal_id), request.user_id, since)
        return pb.CountAnsweredResponse(answered=answered)

    async def GetProvision(self, request: pb.GetProvisionRequest, context: Context) -> pb.GetProvisionResponse:
        states = await self._portal_changes.provision(UUID(request.portal_id), list(request.user_ids))
        return pb.GetProvisionResponse(
            total=len(request.user_ids),
            ok=sum(state == "sent" for state in states.values()),
            failed=[user_id for user_id, state in states.items() if state == "failed"],
        )


def _raw_event(event: pb.RawEvent) -> RawEvent:
    return RawEvent(
        id=UUID(hex=event.trace_id),
        received_at=event.received_at.ToDatetime(tzinfo=UTC),
        method=event.method,
        path=event.path,
        content_type=event.content_type,
        body=event.body,
        body_truncated=event.body_truncated,
        headers=dict(event.headers),
        remote_ip=event.remote_ip,
    )
