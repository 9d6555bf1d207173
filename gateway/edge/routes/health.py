"""Whether the gateway lives, and whether all that it needs answers."""

import asyncio

import grpc
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from edge import serving
from edge.rows import iso
from edge.rpc import Peers
from edge.schemas.system import Readiness

router = APIRouter(tags=["health"])

_DEPENDENCIES = (serving.POSTGRES, serving.REDIS)


@router.get("/health", summary="The process lives")
async def health() -> dict[str, str]:
    """Answer 200 while the process lives."""
    return {"status": "ok"}


@router.get(
    "/ready",
    summary="Every dependency answers",
    response_model=Readiness,
    responses={503: {"model": Readiness, "description": "Some do not"}},
)
async def ready(request: Request, peers: Peers) -> JSONResponse:
    """Answer 200 when every context and what it depends on serves, else 503 with the names of what does not.

    Events are taken all the same: the spool holds them.
    """
    found = await asyncio.gather(*(_failing(name, channel) for name, channel in peers.channels.items()))
    failing = sorted(set().union(*found))
    spool, lost = request.app.state.spool, request.app.state.intake.not_durable
    body = {
        "status": "not_ready" if failing else "ready",
        "failing": failing,
        "spool_depth": spool.depth,
        "spool_waiting_s": round(spool.waiting_s),
        "not_durable": lost.count,
        "last_not_durable_at": iso(lost.last_at) if lost.last_at else None,
    }
    return JSONResponse(body, 503 if failing else 200)


@router.get("/metrics", summary="Prometheus metrics", include_in_schema=False)
async def metrics() -> Response:
    """Answer this process's metrics."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _failing(context: str, channel: grpc.aio.Channel) -> set[str]:
    """Return what a context says it lacks; its own name when it says nothing, or not why it does not serve."""
    asked = (serving.state(channel, name) for name in (serving.WHOLE, *_DEPENDENCIES))
    whole, *parts = await asyncio.gather(*asked)
    lacking = {name for name, state in zip(_DEPENDENCIES, parts, strict=True) if state == serving.NOT_SERVING}
    return lacking if lacking or whole == serving.SERVING else {context}
