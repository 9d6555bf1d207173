"""Calls of other contexts, the same from everywhere."""

from collections.abc import AsyncIterator, Awaitable, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar, cast

import grpc
from google.protobuf import any_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from kit import metrics, trace, tracing
from kit.config import PLAIN, TransportSettings
from kit.errors import PeerError
from kit.tls import Certificates, RenewedChannel

MAX_MESSAGE = 32 * 1024 * 1024
OPTIONS = [
    ("grpc.max_receive_message_length", MAX_MESSAGE),
    ("grpc.max_send_message_length", MAX_MESSAGE),
]
_CHANNEL_OPTIONS = [
    *OPTIONS,
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.lb_policy_name", "round_robin"),  # a name may be that of many
]

# Quoted: grpc's types take parameters in the stubs only.
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
"""What a servicer's method is given beside its request."""

ResponseT = TypeVar("ResponseT", bound=Message)
ResponseT_co = TypeVar("ResponseT_co", bound=Message, covariant=True)


class Method(Protocol[ResponseT_co]):
    """A unary method of a generated stub."""

    def __call__(self, request: Any, /, *, timeout: float, metadata: Any) -> Awaitable[ResponseT_co]:
        """Make the call."""


def channel(address: str, peer: str = "", transport: TransportSettings = PLAIN) -> grpc.aio.Channel:
    """Return a channel to a context; it connects when first used and reconnects by itself.

    With certificates who answers has to prove that it is `peer`, wherever it was found. Raises SettingsError.
    """
    if not transport.has_tls:
        return grpc.aio.insecure_channel(address, options=_CHANNEL_OPTIONS)
    options = [*_CHANNEL_OPTIONS, ("grpc.ssl_target_name_override", peer)]
    return RenewedChannel(
        Certificates(transport),
        lambda credentials: grpc.aio.secure_channel(address, credentials, options=options),
    )


def trace_metadata() -> Sequence[tuple[str, str]]:
    """Return the metadata that carries the current trace id to the next process."""
    trace_id = trace.current.get()
    return [(trace.HEADER, trace.traceparent(trace_id))] if trace_id else []


async def call(
    method: Method[ResponseT],
    request: Message | AsyncIterator[Message],
    *,
    peer: str,
    timeout: float,  # noqa: ASYNC109 - the deadline travels with the call
) -> ResponseT:
    """Call another context by name, with a deadline in seconds and the current trace id.

    Raises PeerError, never a gRPC error.
    """
    try:
        with tracing.span(_name(method, peer), "CLIENT"):
            return await method(request, timeout=timeout, metadata=trace_metadata())
    except grpc.aio.AioRpcError as error:
        metrics.PEER_FAILURES.labels(peer, error.code().name).inc()
        raise peer_error(peer, error) from None


def _name(method: object, peer: str) -> str:
    # A generated stub's method tells its name nowhere else.
    path = getattr(method, "path", "") or getattr(method, "_method", b"").decode()
    return f"{peer}.{path.rpartition('/')[2]}"


def peer_error(peer: str, error: grpc.aio.AioRpcError) -> PeerError:
    """Translate a gRPC error once, with the ErrorInfo that the peer sent."""
    info, status = _error_info(error), error.code()
    if status is grpc.StatusCode.CANCELLED:  # by the peer, which is about to end: who cancels here sees no status
        status = grpc.StatusCode.UNAVAILABLE
    reason = info.reason if info else status.name
    detail = dict(info.metadata) if info else {}
    return PeerError(peer, status, reason, error.details() or reason, detail)


def _error_info(error: grpc.aio.AioRpcError) -> error_details_pb2.ErrorInfo | None:
    status = rpc_status.from_call(cast("grpc.Call", error))  # it has the four methods that are read
    packed: list[any_pb2.Any] = list(status.details) if status else []
    for item in packed:
        info = error_details_pb2.ErrorInfo()
        if item.Unpack(info):
            return info
    return None
