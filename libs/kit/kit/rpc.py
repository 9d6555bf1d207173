"""gRPC servers and calls, the same for every context."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, TypeVar, cast

import grpc
from google.protobuf import any_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from grpc_status import rpc_status

from kit import metrics, trace
from kit.errors import PeerError
from kit.interceptors import Border

MAX_MESSAGE = 32 * 1024 * 1024
_OPTIONS = [
    ("grpc.max_receive_message_length", MAX_MESSAGE),
    ("grpc.max_send_message_length", MAX_MESSAGE),
]
_SERVER_OPTIONS = [
    *_OPTIONS,
    ("grpc.so_reuseport", 0),
    ("grpc.http2.min_ping_interval_without_data_ms", 5000),
]
_CHANNEL_OPTIONS = [
    *_OPTIONS,
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2_000),
]

ResponseT = TypeVar("ResponseT", bound=Message)
ResponseT_co = TypeVar("ResponseT_co", bound=Message, covariant=True)


class Method(Protocol[ResponseT_co]):
    """A unary method of a generated stub."""

    def __call__(self, request: Any, /, *, timeout: float, metadata: Any) -> Awaitable[ResponseT_co]:
        """Make the call."""


class Server:
    """A gRPC server with reflection, the health protocol and the house's one interceptor."""

    def __init__(self, address: str) -> None:
        """Bind `host:port` (port 0 = any free one, see `port`). Raises RuntimeError when it is taken."""
        self._server = grpc.aio.server(interceptors=[Border()], options=_SERVER_OPTIONS)
        self._health = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        self._names = [health_pb2.DESCRIPTOR.services_by_name["Health"].full_name, reflection.SERVICE_NAME]
        self.port = self._server.add_insecure_port(address)

    def add(self, register: Callable[[Any, grpc.aio.Server], None], servicer: object, full_name: str) -> None:
        """Serve one service: its generated `add_*_to_server`, its servicer and its full proto name."""
        register(servicer, self._server)
        self._names.append(full_name)

    async def start(self) -> None:
        """Begin to serve and say SERVING for the whole server and each service."""
        reflection.enable_server_reflection(self._names, self._server)
        await self._server.start()
        for name in ["", *self._names]:
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)

    async def stop(self, grace_s: float) -> None:
        """Say NOT_SERVING, take no new calls and give those under way `grace_s` seconds."""
        await self._health.enter_graceful_shutdown()
        await self._server.stop(grace_s)


def channel(address: str) -> grpc.aio.Channel:
    """Return a channel to a context; it connects when first used and reconnects by itself."""
    return grpc.aio.insecure_channel(address, options=_CHANNEL_OPTIONS)


def trace_metadata() -> Sequence[tuple[str, str]]:
    """Return the metadata that carries the current trace id to the next process."""
    trace_id = trace.current.get()
    return [(trace.HEADER, trace.traceparent(trace_id))] if trace_id else []


async def call(
    method: Method[ResponseT],
    request: Message,
    *,
    peer: str,
    timeout: float,  # noqa: ASYNC109 - the deadline travels with the call
) -> ResponseT:
    """Call another context by name, with a deadline in seconds and the current trace id.

    Raises PeerError, never a gRPC error.
    """
    try:
        return await method(request, timeout=timeout, metadata=trace_metadata())
    except grpc.aio.AioRpcError as error:
        metrics.PEER_FAILURES.labels(peer, error.code().name).inc()
        raise peer_error(peer, error) from None


def peer_error(peer: str, error: grpc.aio.AioRpcError) -> PeerError:
    """Translate a gRPC error once, with the ErrorInfo that the peer sent."""
    info = _error_info(error)
    reason = info.reason if info else error.code().name
    detail = dict(info.metadata) if info else {}
    return PeerError(peer, error.code(), reason, error.details() or reason, detail)


def _error_info(error: grpc.aio.AioRpcError) -> error_details_pb2.ErrorInfo | None:
    status = rpc_status.from_call(cast("grpc.Call", error))  # it has the four methods that are read
    packed: list[any_pb2.Any] = list(status.details) if status else []
    for item in packed:
        info = error_details_pb2.ErrorInfo()
        if item.Unpack(info):
            return info
    return None
