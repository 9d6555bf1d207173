"""The flight recorder: every step of one message, from all services."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Path

from edge.auth import admin_session
from edge.rows import step_row
from edge.rpc import Peers, ask
from edge.schemas.admin import Trace
from teachbase.delivery.v1 import delivery_pb2 as delivery
from teachbase.messaging.v1 import messaging_pb2 as messaging

router = APIRouter(prefix="/v1/admin/traces", tags=["admin traces"], dependencies=[Depends(admin_session)])

# Steps that fell into one microsecond still stand in the order in which they happen.
_ORDER = (
    "received",
    "stored",
    "claimed",
    "quota",
    "retrieved",
    "answered",
    "queued",
    "limited",
    "attempt",
    "sent",
    "confirmed",
)


@router.get("/{trace_id}", summary="Every step of one message")
async def trace(trace_id: Annotated[str, Path(pattern="^[0-9a-f]{32}$")], peers: Peers) -> Trace:
    """Return the way of a message, from the webhook to the send."""
    known, sent = await asyncio.gather(
        ask("messaging", peers.messaging.GetTrace, messaging.GetTraceRequest(trace_id=trace_id)),
        ask("delivery", peers.delivery.GetTrace, delivery.GetTraceRequest(trace_id=trace_id)),
    )
    steps = [step_row(step, "messaging") for step in known.steps]
    steps += [step_row(step, "delivery") for step in sent.steps]
    steps.sort(key=lambda step: (step.at, _ORDER.index(step.step) if step.step in _ORDER else len(_ORDER)))
    return Trace(
        trace_id=trace_id,
        portal_id=known.portal_id or None,
        message_id=known.message_id or None,
        steps=steps,
    )
