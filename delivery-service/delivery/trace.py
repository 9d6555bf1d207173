"""The steps of a message's way that this context knows: queued, limited, attempt, sent, failed."""

from datetime import timedelta

from delivery.domain import Attempt, OutboxItem, State
from kit.pb import moment, struct
from teachbase.delivery.v1 import delivery_pb2 as pb


def steps(item: OutboxItem, attempts: list[Attempt]) -> list[pb.TraceStep]:
    """Return the steps of one outbox item, in time order."""
    found = [
        pb.TraceStep(
            at=moment(item.created_at),
            step="queued",
            detail=struct({"outbox_id": str(item.id), "part": item.part, "uuid": item.uuid}),
        )
    ]
    for number, attempt in enumerate(attempts, start=1):
        if attempt.wait_ms:
            found.append(
                pb.TraceStep(
                    at=moment(attempt.at - timedelta(milliseconds=attempt.wait_ms)),
                    step="limited",
                    took_ms=attempt.wait_ms,
                    detail=struct({"why": "rate budget of the portal"}),
                )
            )
        found.append(
            pb.TraceStep(
                at=moment(attempt.at),
                step="attempt",
                took_ms=attempt.latency_ms,
                detail=struct(
                    {
                        "number": number,
                        "outcome": attempt.outcome,
                        "status": attempt.status,
                        "code": attempt.code,
                        "request_id": attempt.request_id,
                    }
                ),
            )
        )
    if item.state is State.SENT:
        detail = struct({"provider_message_id": str(item.provider_message_id)})
        found.append(pb.TraceStep(at=moment(item.sent_at), step="sent", detail=detail))
    if item.state is State.DEAD:
        detail = struct({"cause": item.cause, "next_step": item.next_step})
        found.append(pb.TraceStep(at=moment(item.due_at), step="failed", detail=detail))
    return found
