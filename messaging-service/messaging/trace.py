"""The steps of a message's way that this context knows, from received to confirmed."""

from datetime import datetime
from typing import Any

from kit.ids import NIL
from kit.pb import moment, struct
from messaging.domain import Event, InboundEvent, Message, Outcome
from teachbase.messaging.v1 import messaging_pb2 as pb

_ENDS = {
    Outcome.DUPLICATE: "ignored",
    Outcome.IGNORED: "ignored",
    Outcome.REFUSED: "refused",
    Outcome.UNPARSABLE: "refused",
    Outcome.ERROR: "failed",
}
_MOST_MS = (1 << 31) - 1
"""What the field holds: 24 days, which a spool may wait."""


def of(inbound: list[InboundEvent], messages: list[Message], events: list[Event]) -> pb.GetTraceResponse:
    """Return a trace: the steps in time order, the portal and the message that was asked."""
    steps = [step for row in inbound for step in _received(row)]
    asked = next((message for message in messages if message.direction == "rx"), None)
    for message in messages:
        steps += [_noted(note) for note in message.steps]
    steps += [_confirmed(event) for event in events if event.type in {"send_ok", "send_err"}]
    steps.sort(key=lambda step: step.at.ToNanoseconds())
    portal_id = (asked or messages[0]).portal_id if messages else inbound[0].portal_id
    return pb.GetTraceResponse(
        portal_id="" if portal_id == NIL else str(portal_id),
        message_id=str(asked.id) if asked else "",
        steps=steps,
    )


def _received(row: InboundEvent) -> list[pb.TraceStep]:
    took_ms = int((row.stored_at - row.received_at).total_seconds() * 1000)
    steps = [
        pb.TraceStep(
            at=moment(row.received_at),
            step="received",
            detail=struct({"event": row.event, "domain": row.domain, "remote_ip": row.remote_ip}),
        ),
        pb.TraceStep(
            at=moment(row.stored_at),
            step="stored",
            took_ms=min(max(0, took_ms), _MOST_MS),
            detail=struct({"outcome": row.outcome, "reason": row.reason}),
        ),
    ]
    if end := _ENDS.get(row.outcome):
        steps.append(pb.TraceStep(at=moment(row.stored_at), step=end, detail=struct({"reason": row.reason})))
    return steps


def _noted(note: dict[str, Any]) -> pb.TraceStep:
    return pb.TraceStep(
        at=moment(datetime.fromisoformat(note["at"])),
        step=note["step"],
        took_ms=note["took_ms"],
        detail=struct(note["detail"]),
    )


def _confirmed(event: Event) -> pb.TraceStep:
    return pb.TraceStep(
        at=moment(event.created_at),
        step="confirmed" if event.type == "send_ok" else "failed",
        detail=struct({"event": event.type, "reason": event.reason, **event.payload}),
    )
