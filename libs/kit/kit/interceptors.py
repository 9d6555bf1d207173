"""The one server interceptor: trace, validation, errors, metrics and a log line for every call."""

import functools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NoReturn, TypeAlias

import grpc
import protovalidate
import structlog
from google.protobuf import any_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status
from sqlalchemy.exc import DBAPIError

from kit import call_graph, db, metrics, trace, tracing
from kit.errors import CallerNotAllowed, DatabaseUnavailable, DomainError, InvalidArgument
from kit.rpc import Context

log = structlog.get_logger("rpc")

# Quoted: grpc's types take parameters in the stubs only.
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
_INFRASTRUCTURE = ("/grpc.health.", "/grpc.reflection.")
_READS = ("Get", "List")
_FAILED = "The service could not do this. The cause is in its log under the trace id."


class Border(grpc.aio.ServerInterceptor):
    """Stands between the wire and the servicers of a server."""

    def __init__(self, *, knows_callers: bool) -> None:
        """Where TLS says who calls, let through what the call graph has."""
        self._knows_callers = knows_callers

    async def intercept_service(
        self,
        continuation: "Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]]",
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "Handler | None":
        """Wrap handlers; health and reflection pass as they are."""
        handler = await continuation(handler_call_details)
        path = handler_call_details.method
        if handler is None or path.startswith(_INFRASTRUCTURE):
            return handler
        call = functools.partial(_Call, path, _trace_of(handler_call_details), self._knows_callers)
        if handler.unary_unary:
            return grpc.unary_unary_rpc_method_handler(
                _unary(handler.unary_unary, call),
                request_deserializer=handler.request_deserializer,
                response_serializer=handler.response_serializer,
            )
        if handler.stream_unary:
            return grpc.stream_unary_rpc_method_handler(
                _gathering(handler.stream_unary, call),
                request_deserializer=handler.request_deserializer,
                response_serializer=handler.response_serializer,
            )
        return grpc.unary_stream_rpc_method_handler(
            _stream(handler.unary_stream, call),
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )


def _unary(handler: Any, new_call: Callable[[], "_Call"]) -> Any:
    async def handle(request: Message, context: Context) -> Any:
        with new_call() as call:
            try:
                call.admit(context)
                validate(request)
                _about(request)
                return await handler(request, context)
            except grpc.aio.AbortError:
                raise
            except Exception as error:  # noqa: BLE001 - every failure of a handler becomes a status here
                await call.fail(context, error)

    return handle


def _gathering(handler: Any, new_call: Callable[[], "_Call"]) -> Any:
    async def handle(requests: AsyncIterator[Message], context: Context) -> Any:
        with new_call() as call:
            try:
                call.admit(context)
                return await handler(_validated(requests), context)
            except grpc.aio.AbortError:
                raise
            except Exception as error:  # noqa: BLE001 - as above
                await call.fail(context, error)

    return handle


async def _validated(requests: AsyncIterator[Message]) -> AsyncIterator[Message]:
    async for request in requests:
        validate(request)
        yield request


def _stream(handler: Any, new_call: Callable[[], "_Call"]) -> Any:
    async def handle(request: Message, context: Context) -> AsyncIterator[Any]:
        with new_call() as call:
            try:
                call.admit(context)
                validate(request)
                _about(request)
                async for item in handler(request, context):
                    yield item
            except grpc.aio.AbortError:
                raise
            except Exception as error:  # noqa: BLE001 - as above
                await call.fail(context, error)

    return handle


class _Call:
    """The trace, the clock and the log line of one call."""

    def __init__(self, path: str, trace_id: str, knows_callers: bool) -> None:
        self.path = path
        self.method = path.rsplit("/", 1)[-1]
        self.trace_id = trace_id
        self.knows_callers = knows_callers
        self.code = "OK"

    def __enter__(self) -> "_Call":
        self.started = time.perf_counter()
        trace.current.set(self.trace_id)
        metrics.RPC_RUNNING.labels(self.method).inc()
        self.span = tracing.span(self.method, "SERVER").__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        took = time.perf_counter() - self.started
        self.span.tell(**{"rpc.grpc.status_code": self.code})
        self.span.__exit__(*exc)
        metrics.RPC_RUNNING.labels(self.method).dec()
        metrics.RPC_SECONDS.labels(self.method, self.code).observe(took)

    def admit(self, context: Context) -> None:
        """Let in whom the call graph lets call. Raises CallerNotAllowed."""
        if self.knows_callers:
            shown = context.auth_context().get("x509_subject_alternative_name", ())
            caller = call_graph.caller(name.decode() for name in shown)
            if not call_graph.may_call(caller, self.path):
                metrics.CALLERS_REFUSED.labels(caller or "unknown", self.method).inc()
                raise CallerNotAllowed(caller=caller or "unknown", rpc=self.path)

    async def fail(self, context: Context, error: Exception) -> NoReturn:
        """End the call with a google.rpc.Status that carries ErrorInfo."""
        known = self._known(error)
        status = known.status if known else grpc.StatusCode.INTERNAL
        self.code = status.name
        info = error_details_pb2.ErrorInfo(
            reason=known.reason if known else "INTERNAL",
            domain="teachbase.ai",
            metadata=known.detail if known else {},
        )
        if known:
            log.info("rpc refused", method=self.method, reason=known.reason, detail=known.detail)
        else:
            log.error("rpc failed", method=self.method, exc_info=error)
        packed = any_pb2.Any()
        packed.Pack(info)
        rich = rpc_status.to_status(
            status_pb2.Status(code=status.value[0], message=str(known or _FAILED), details=[packed])
        )
        await context.abort(rich.code, rich.details, rich.trailing_metadata)

    def _known(self, error: Exception) -> DomainError | None:
        if isinstance(error, DomainError):
            return error
        # What a writer is refused may be a fault of ours; a reader is refused what it asked for.
        if isinstance(error, DBAPIError) and self.method.startswith(_READS) and db.is_bad_data(error):
            return InvalidArgument(field="request", problem="holds a value that the database cannot take")
        return DatabaseUnavailable() if db.is_away(error) else None


def _about(message: Any) -> None:
    """Have the log lines of a call name the portal that its request is about."""
    if portal_id := getattr(message, "portal_id", ""):
        structlog.contextvars.bind_contextvars(portal_id=portal_id)


def validate(message: Message) -> None:
    """Check a request against the rules in its proto. Raises InvalidArgument naming the first bad field."""
    try:
        protovalidate.validate(message, fail_fast=True)
    except protovalidate.ValidationError as error:
        violation = error.violations[0].proto
        field = ".".join(element.field_name for element in violation.field.elements) if violation.field else ""
        raise InvalidArgument(field=field, problem=violation.message) from None


def _trace_of(details: grpc.HandlerCallDetails) -> str:
    for key, value in details.invocation_metadata:
        if key == trace.HEADER:
            trace.span.set(trace.parent(str(value)))
            return trace.parse(str(value)) or trace.new_trace_id()
    return trace.new_trace_id()
