"""The servicer of DeliveryService: message -> use case -> message."""

from collections.abc import AsyncIterator
from uuid import UUID

from delivery import trace
from delivery.dead_letters import DeadLetters
from delivery.domain import Attempt, Button, DeadFilter, OutboundMessage, OutboxItem, Outcome
from delivery.outbox import Outbox
from delivery.typing_sign import TypingSign
from kit import changefeed, paging, tracing
from kit.changefeed import Waker
from kit.pb import enum_name, enum_value, moment, optional_uuid, to_datetime
from kit.rpc import Context
from teachbase.delivery.v1 import delivery_pb2 as pb
from teachbase.delivery.v1 import delivery_pb2_grpc

_GATHER_S = 0.05
"""Outcomes are shown within seconds, and there are as many as replies."""


class DeliveryServicer(delivery_pb2_grpc.DeliveryServiceServicer):
    """Speaks for the delivery context."""

    def __init__(self, outbox: Outbox, dead_letters: DeadLetters, typing_sign: TypingSign, waker: Waker) -> None:
        self._outbox = outbox
        self._dead_letters = dead_letters
        self._typing_sign = typing_sign
        self._waker = waker

    async def Enqueue(self, request: pb.EnqueueRequest, context: Context) -> pb.EnqueueResponse:
        with tracing.together("Enqueue", "SERVER", (message.trace_id for message in request.messages)):
            accepted = await self._outbox.enqueue([_message_from_pb(message) for message in request.messages])
        return pb.EnqueueResponse(accepted=accepted)

    async def ShowTyping(self, request: pb.ShowTypingRequest, context: Context) -> pb.ShowTypingResponse:
        self._typing_sign.show([(UUID(one.portal_id), one.provider_dialog_id) for one in request.dialogs])
        return pb.ShowTypingResponse()

    async def ListOutbox(self, request: pb.ListOutboxRequest, context: Context) -> pb.ListOutboxResponse:
        items, token = await self._outbox.page(
            portal_id=optional_uuid(request.portal_id),
            trace_id=request.trace_id,
            dialog_id=optional_uuid(request.dialog_id),
            state=enum_name(pb.OutboxState, request.state),
            cause=request.cause,
            since=to_datetime(request, "since"),
            until=to_datetime(request, "until"),
            page_token=request.page_token,
            size=paging.size_of(request.page_size),
        )
        return pb.ListOutboxResponse(items=map(_item_to_pb, items), next_page_token=token)

    async def GetOutboxItem(self, request: pb.GetOutboxItemRequest, context: Context) -> pb.GetOutboxItemResponse:
        item, attempts = await self._outbox.get(UUID(request.id))
        return pb.GetOutboxItemResponse(item=_item_to_pb(item), attempts_log=map(_attempt_to_pb, attempts))

    async def RetryOutboxItem(
        self, request: pb.RetryOutboxItemRequest, context: Context
    ) -> pb.RetryOutboxItemResponse:
        return pb.RetryOutboxItemResponse(item=_item_to_pb(await self._dead_letters.retry(UUID(request.id))))

    async def RetryOutbox(self, request: pb.RetryOutboxRequest, context: Context) -> pb.RetryOutboxResponse:
        wanted = DeadFilter(
            portal_id=optional_uuid(request.portal_id),
            dialog_id=optional_uuid(request.dialog_id),
            cause=request.cause,
            since=to_datetime(request, "since"),
            until=to_datetime(request, "until"),
        )
        done = await self._dead_letters.retry_many(wanted, dry_run=request.dry_run)
        return pb.RetryOutboxResponse(matched=done.matched, retried=done.retried, remaining=done.remaining)

    async def GetTrace(self, request: pb.GetTraceRequest, context: Context) -> pb.GetTraceResponse:
        found = await self._outbox.of_trace(request.trace_id)
        return pb.GetTraceResponse(steps=[step for item, log in found for step in trace.steps(item, log)])

    async def WatchOutcomes(
        self, request: pb.WatchOutcomesRequest, context: Context
    ) -> AsyncIterator[pb.WatchOutcomesResponse]:
        pages = changefeed.pages(
            request.cursor, self._outbox.outcomes, lambda one: one.cursor, self._waker, _GATHER_S
        )
        async for page, cursor in pages:
            yield pb.WatchOutcomesResponse(outcomes=map(_outcome_to_pb, page), cursor=cursor)


def _message_from_pb(message: pb.OutboundMessage) -> OutboundMessage:
    return OutboundMessage(
        id=UUID(message.id),
        portal_id=UUID(message.portal_id),
        dialog_id=UUID(message.dialog_id),
        provider_dialog_id=message.provider_dialog_id,
        part=message.part,
        body=message.body,
        reply_to_provider_id=message.reply_to_provider_id,
        priority=message.priority,
        trace_id=message.trace_id,
        buttons=tuple(Button(one.text, one.command, one.params, one.say) for one in message.buttons),
    )


def _item_to_pb(item: OutboxItem) -> pb.OutboxItem:
    return pb.OutboxItem(
        id=str(item.id),
        portal_id=str(item.portal_id),
        dialog_id=str(item.dialog_id),
        provider_dialog_id=item.provider_dialog_id,
        message_id=str(item.id),
        part=item.part,
        state=enum_value(pb.OutboxState, item.state),
        attempts=item.attempts,
        due_at=moment(item.due_at),
        cause=item.cause,
        next_step=item.next_step,
        provider_message_id=item.provider_message_id,
        uuid=item.uuid,
        trace_id=item.trace_id,
        created_at=moment(item.created_at),
        sent_at=moment(item.sent_at),
    )


def _attempt_to_pb(attempt: Attempt) -> pb.Attempt:
    return pb.Attempt(
        at=moment(attempt.at),
        outcome=attempt.outcome,
        status=attempt.status,
        code=attempt.code,
        latency_ms=attempt.latency_ms,
        wait_ms=attempt.wait_ms,
        request_id=attempt.request_id,
    )


def _outcome_to_pb(outcome: Outcome) -> pb.Outcome:
    return pb.Outcome(
        portal_id=str(outcome.portal_id),
        message_id=str(outcome.message_id),
        dialog_id=str(outcome.dialog_id),
        state=enum_value(pb.OutboxState, outcome.state),
        provider_message_id=outcome.provider_message_id,
        cause=outcome.cause,
        trace_id=outcome.trace_id,
        at=moment(outcome.at),
    )
