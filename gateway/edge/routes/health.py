"""Whether the gateway lives, and whether all that it needs answers."""

import asyncio
from typing import Any

import grpc
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from grpc_health.v1 import health_pb2, health_pb2_grpc
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from edge.rpc import Peers

router = APIRouter(tags=["health"])

_TIMEOUT_S = 2.0


@router.get("/health", summary="The process lives")
async def health() -> dict[str, str]:
    """Answer 200 while the process lives."""
    return {"status": "ok"}


@router.get("/ready", summary="Every dependency answers")
async def ready(request: Request, peers: Peers) -> JSONResponse:
    """Answer 200 when every context serves, else 503 with the names of those that do not."""
    states = await asyncio.gather(*(_serves(one) for one in peers.channels.values()))
    failing = [name for name, serves in zip(peers.channels, states, strict=True) if not serves]
    body = {"status": "not_ready" if failing else "ready", "failing": failing}
    return JSONResponse({**body, "spool_depth": request.app.state.spool.depth}, 503 if failing else 200)


@router.get("/metrics", summary="Prometheus metrics", include_in_schema=False)
async def metrics() -> Response:
    """Answer this process's metrics."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _serves(channel: grpc.aio.Channel) -> bool:
    try:
        stub: Any = health_pb2_grpc.HealthStub(channel)  # its type stubs do not name the methods
        answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=_TIMEOUT_S)
    except grpc.aio.AioRpcError:
        return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)
