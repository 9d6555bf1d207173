"""How the product itself is: its parts, its queues, its workers."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse

from edge import system
from edge.auth import admin_session
from edge.live import Live
from edge.rpc import Peers, ask
from edge.schemas.system import Pace, Queues, SystemHealth, Workers
from teachbase.messaging.v1 import operations_pb2

router = APIRouter(prefix="/v1/admin/system", tags=["admin system"], dependencies=[Depends(admin_session)])


@router.get("/health", summary="How every part is, the worst first")
async def health(request: Request, peers: Peers) -> SystemHealth:
    """Return services, stores, workers and queues, each with a cause and what to do. Always 200."""
    return await system.health(peers, request.app.state.spool, request.app.state.drain)


@router.get("/queue", summary="What waits in each queue")
async def queue(request: Request, peers: Peers) -> Queues:
    """Return the queues as their rows say: depth, age of the oldest that is due, rate, failures."""
    return await system.queues(peers, request.app.state.spool)


@router.get("/workers", summary="What each worker is at")
async def workers(peers: Peers) -> Workers:
    """Return the workers that told of themselves lately; without Redis nobody can, and `cause` says so."""
    return await system.workers(peers)


@router.get("/pace", summary="How quickly events are answered and replies sent")
async def pace(request: Request, peers: Peers) -> Pace:
    """Return the last hour's p95 of both, and how many portals' people wrote today."""
    acks, ack_p95_ms = request.app.state.pace.acks()
    told = await ask("messaging", peers.messaging_operations.GetPace, operations_pb2.GetPaceRequest())
    return Pace(
        acks=acks,
        ack_p95_ms=ack_p95_ms,
        replies=told.replies,
        reply_p50_ms=told.reply_p50_ms if told.HasField("reply_p50_ms") else None,
        reply_p95_ms=told.reply_p95_ms if told.HasField("reply_p95_ms") else None,
        portals_today=told.portals_today,
    )


@router.get(
    "/live",
    summary="Health and queues as they change",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {}}}}},
)
async def live(request: Request) -> StreamingResponse:
    """Stream `{health, queues}` as server-sent events for a minute; whoever follows then asks again.

    Who does not accept a stream gets the first event alone.
    """
    followed: Live = request.app.state.live
    once = "text/event-stream" not in request.headers.get("accept", "")
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(followed.events(once=once), media_type="text/event-stream", headers=headers)
