"""For developers: off outside of TB_ENV=dev."""

from fastapi import APIRouter, Request

from edge.errors import ApiError
from edge.rpc import Peers, ask
from edge.schemas.blackbox import Simulated, SimulatedMessage
from edge.source import remote_ip
from kit import trace
from teachbase.messaging.v1 import blackbox_pb2 as pb

router = APIRouter(prefix="/v1/debug", tags=["debug"])


@router.post("/simulate/bitrix/incoming", summary="A message as if a person of the portal had written it")
async def incoming(body: Simulated, request: Request, peers: Peers) -> SimulatedMessage:
    """Take it in the way of a real event. 404 outside of dev, and for a portal that is not known."""
    if request.app.state.env != "dev":
        raise ApiError(404, "not_found", "Not Found")
    asked = pb.SimulateIncomingRequest(
        portal_id=str(body.portal_id),
        user_id=body.user_id,
        message=body.message,
        trace_id=trace.new_trace_id(),
        remote_ip=remote_ip(request),
    )
    receipt = (await ask("messaging", peers.blackbox.SimulateIncoming, asked)).receipt
    return SimulatedMessage(trace_id=receipt.trace_id, message_id=receipt.message_id or None)
