"""What a context's server says of itself in the health protocol."""

from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

WHOLE, POSTGRES, REDIS = "", "postgres", "redis"
"""The server, and what it depends on, as kit.health names it."""
UNKNOWN = health_pb2.HealthCheckResponse.UNKNOWN
"""No answer; also what a context says of what it does not use."""
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
_TIMEOUT_S = 2.0


async def state(channel: grpc.aio.Channel, name: str) -> int:
    """Return whether the server or one of its dependencies serves."""
    try:
        stub: Any = health_pb2_grpc.HealthStub(channel)  # its type stubs do not name the methods
        answer = await stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=_TIMEOUT_S)
    except grpc.aio.AioRpcError:
        return UNKNOWN
    return int(answer.status)
