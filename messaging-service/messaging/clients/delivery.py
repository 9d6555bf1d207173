"""The delivery context: takes replies, tells how they ended."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager

import grpc
import structlog

from kit import trace, tracing
from kit.errors import PeerError
from kit.rpc import call
from messaging.domain import Button, ClaimedDialog, Reply
from teachbase.delivery.v1 import delivery_pb2 as pb
from teachbase.delivery.v1.delivery_pb2_grpc import DeliveryServiceStub

log = structlog.get_logger("delivery")

PEER = "delivery"
_TIMEOUT_S = 3.0
TYPING_RENEWED_S = 8.0
"""Shortly before the sign of the last time is over (10 s, delivery's TYPING_S)."""


class DeliveryClient:
    """Asks delivery."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = DeliveryServiceStub(channel)
        self._showing: set[asyncio.Task[None]] = set()

    async def enqueue(self, replies: Sequence[Reply]) -> None:
        """Hand replies over; repeating it is safe. Raises PeerError."""
        request = pb.EnqueueRequest(messages=[_to_pb(reply) for reply in replies])
        trace_ids = [reply.trace_id.hex for reply in replies]
        with trace.under_the_one(trace_ids), tracing.together("delivery.Enqueue", "CLIENT", trace_ids):
            await call(self._stub.Enqueue, request, peer=PEER, timeout=_TIMEOUT_S)

    @contextmanager
    def typing(self, dialogs: Sequence[ClaimedDialog]) -> Iterator[None]:
        """Have dialogs show that the bot is at work, for as long as it is. Nothing is waited for or raised."""
        self._show(dialogs)
        renewing = asyncio.create_task(self._keep_showing(dialogs))
        try:
            yield
        finally:
            renewing.cancel()

    async def _keep_showing(self, dialogs: Sequence[ClaimedDialog]) -> None:
        while True:
            await asyncio.sleep(TYPING_RENEWED_S)
            self._show(dialogs)

    def _show(self, dialogs: Sequence[ClaimedDialog]) -> None:
        request = pb.ShowTypingRequest(
            dialogs=[
                pb.ProviderDialog(portal_id=str(one.portal_id), provider_dialog_id=one.provider_dialog_id)
                for one in dialogs
            ]
        )
        task = asyncio.create_task(self._show_typing(request))
        self._showing.add(task)
        task.add_done_callback(self._showing.discard)

    async def _show_typing(self, request: pb.ShowTypingRequest) -> None:
        try:
            await call(self._stub.ShowTyping, request, peer=PEER, timeout=_TIMEOUT_S)
        except PeerError as error:
            log.debug("typing not shown", reason=error.reason)

    async def watch(self, cursor: int) -> AsyncIterator[pb.WatchOutcomesResponse]:
        """Yield pages of the feed of outcomes after a cursor, for ever."""
        async for page in self._stub.WatchOutcomes(pb.WatchOutcomesRequest(cursor=cursor)):
            yield page


def _to_pb(reply: Reply) -> pb.OutboundMessage:
    return pb.OutboundMessage(
        id=str(reply.id),
        portal_id=str(reply.portal_id),
        dialog_id=str(reply.dialog_id),
        provider_dialog_id=reply.provider_dialog_id,
        part=reply.part,
        body=reply.body,
        reply_to_provider_id=reply.reply_to_provider_id,
        priority=pb.PRIORITY_INTERACTIVE if reply.priority == 1 else pb.PRIORITY_BULK,
        trace_id=reply.trace_id.hex,
        buttons=map(_button, reply.buttons),
    )


def _button(button: Button) -> pb.Button:
    if button.say:
        return pb.Button(text=button.text, say=button.say)
    return pb.Button(text=button.text, command=button.command, params=button.params)
