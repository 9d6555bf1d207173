"""Whether the gateway lives, and whether all that it needs answers."""

import asyncio
from typing import Any

import grpc
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from grpc_health.v1 import health_pb2, health_pb2_grpc
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from edge.rows import iso
from edge.rpc import Peers

router = APIRouter(tags=["health"])

_TIMEOUT_S = 2.0
_DEPENDENCIES = ("postgres", "redis")
"""As each context's server names them (kit.health)."""
_UNKNOWN = health_pb2.HealthCheckResponse.UNKNOWN
_SERVING = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


@router.get("/health", summary="The process lives")
async def health() -> dict[str, str]:
    """Answer 200 while the process lives."""
    return {"status": "ok"}


@router.get("/ready", summary="Every dependency answers")
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
    whole, *parts = await asyncio.gather(*(_state(channel, name) for name in ("", *_DEPENDENCIES)))
    lacking = {name for name, state in zip(_DEPENDENCIES, parts, strict=True) if state == _NOT_SERVING}
    return lacking if lacking or whole == _SERVING else {context}


async def _state(channel: grpc.aio.Channel, name: str) -> int:
    try:
        stub: Any = health_pb2_grpc.HealthStub(channel)  # its type stubs do not name the methods
        answer = await stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=_TIMEOUT_S)
    except grpc.aio.AioRpcError:
        return _UNKNOWN  # also what a context says of what it does not use
    return int(answer.status)
