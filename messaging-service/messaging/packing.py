"""Values of this context as protobuf messages."""

from uuid import UUID

from kit.ids import NIL
from kit.pb import enum_value, moment, struct
from messaging.domain import Dialog, Event, InboundEvent, Message, Receipt
from teachbase.messaging.v1 import messaging_pb2 as pb


def dialog(value: Dialog) -> pb.Dialog:
    """Pack a dialog."""
    return pb.Dialog(
        id=str(value.id),
        portal_id=str(value.portal_id),
        provider_dialog_id=value.provider_dialog_id,
        provider_dialog_id_raw=value.provider_dialog_id_raw,
        user_id=value.user_id,
        kind=enum_value(pb.DialogKind, value.kind),
        state=enum_value(pb.DialogState, value.state),
        last_message_at=moment(value.last_message_at),
        created_at=moment(value.created_at),
    )


def message(value: Message) -> pb.Message:
    """Pack a message."""
    return pb.Message(
        id=str(value.id),
        portal_id=str(value.portal_id),
        dialog_id=str(value.dialog_id),
        trace_id=value.trace_id.hex,
        provider_message_id=value.provider_message_id,
        direction=enum_value(pb.Direction, value.direction),
        author_id=value.author_id,
        body=value.body,
        state=enum_value(pb.MessageState, value.state),
        reason=value.reason,
        reply_to=_text(value.reply_to),
        created_at=moment(value.created_at),
    )


def event(value: Event) -> pb.Event:
    """Pack an event."""
    return pb.Event(
        id=str(value.id),
        portal_id=_text(value.portal_id),
        trace_id=value.trace_id.hex,
        type=value.type,
        provider_event=value.provider_event,
        provider_event_id=value.provider_event_id,
        dialog_id=_text(value.dialog_id),
        message_id=_text(value.message_id),
        reason=value.reason,
        payload=struct(value.payload),
        created_at=moment(value.created_at),
    )


def inbound_event(value: InboundEvent) -> pb.InboundEvent:
    """Pack a row of the blackbox."""
    return pb.InboundEvent(
        id=str(value.id),
        portal_id=_text(value.portal_id),
        trace_id=value.id.hex,
        received_at=moment(value.received_at),
        method=value.method,
        path=value.path,
        domain=value.domain,
        member_id=value.member_id,
        event=value.event,
        dialog_id=value.dialog_id,
        user_id=value.user_id,
        content_type=value.content_type,
        body_truncated=value.body_truncated,
        body_sha256=value.body_sha256.hex(),
        remote_ip=value.remote_ip,
        outcome=enum_value(pb.InboundOutcome, value.outcome),
        reason=value.reason,
    )


def receipt(value: Receipt) -> pb.Receipt:
    """Pack what became of an event."""
    return pb.Receipt(
        trace_id=value.id.hex,
        outcome=enum_value(pb.InboundOutcome, value.outcome),
        reason=value.reason,
        message_id=_text(value.message_id),
    )


def _text(value: UUID | None) -> str:
    return "" if value is None or value == NIL else str(value)
