"""Spans over OTLP where TB_OTLP_ENDPOINT names a collector; where not, nothing of OpenTelemetry is imported.

The trace id is the house's own (kit.trace), so what a span is told under is what rows, logs and errors show.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import Token
from datetime import datetime
from typing import Any, Literal

from kit import trace
from kit.clock import utc_now

Kind = Literal["SERVER", "CLIENT", "INTERNAL"]


class Span(AbstractContextManager["Span"]):
    """One that nobody collects."""

    def __exit__(self, *_exc: object) -> None:
        """End it."""

    def tell(self, name: str = "", **attributes: str | int) -> None:
        """Say what is known by now; `name` replaces the one it began with."""


NOTHING = Span()
_begin: Callable[..., Any] | None = None
_flush: Callable[[], Any] | None = None


def configure(service: str, endpoint: str) -> None:
    """Send this process's spans to a collector's gRPC address, like http://collector:4317; "" = do not."""
    global _begin, _flush
    if not endpoint:
        return
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - 400 modules
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    provider = TracerProvider(resource=Resource.create({"service.name": service}), id_generator=_ids())
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint, timeout=5)))
    _begin, _flush = _beginner(provider.get_tracer("teachbase")), provider.shutdown


def close() -> None:
    """Let the last spans out, and tell of no more."""
    global _begin, _flush  # noqa: PLW0603
    if _flush is not None:
        _flush()
    _begin = _flush = None


def span(name: str, kind: Kind = "INTERNAL") -> Span:
    """Return a span under the running task's trace, whose parent is the span it runs in or was called from."""
    return NOTHING if _begin is None else _Told(_begin, name, kind)


def record(name: str, trace_id: str, began: datetime, kind: Kind = "CLIENT", **attributes: str | int) -> None:
    """Tell of something that ends now, under the trace of whatever it was done for."""
    if _begin is not None:
        with trace.under(trace_id):
            ended = _begin(name, kind, int(began.timestamp() * 1e9))
            ended.set_attributes(attributes)
            ended.end()


@contextmanager
def together(name: str, kind: Kind, trace_ids: Iterable[str]) -> Iterator[None]:
    """Tell of the body under each trace that it was done for, but the one whose span it runs in anyway."""
    began = utc_now()
    yield
    if _begin is not None:
        for trace_id in set(trace_ids) - {trace.current.get(), ""}:
            record(name, trace_id, began, kind)


class _Told(Span):
    def __init__(self, begin: Callable[..., Any], name: str, kind: Kind) -> None:
        self._begin = begin
        self._name = name
        self._kind = kind
        self._tokens: list[Token[str]] = []

    def __enter__(self) -> "Span":
        self._span = self._begin(self._name, self._kind)
        told = self._span.get_span_context()
        self._tokens = [trace.current.set(f"{told.trace_id:032x}"), trace.span.set(f"{told.span_id:016x}")]
        return self

    def __exit__(self, *exc: object) -> None:
        if isinstance(exc[1], Exception):
            self._span.record_exception(exc[1])
            self._span.set_attribute("error", value=True)
        self._span.end()
        for token, variable in zip(self._tokens, (trace.current, trace.span), strict=True):
            variable.reset(token)

    def tell(self, name: str = "", **attributes: str | int) -> None:
        if name:
            self._span.update_name(name)
        self._span.set_attributes(attributes)


def _ids() -> Any:
    from opentelemetry.sdk.trace.id_generator import RandomIdGenerator  # noqa: PLC0415

    class Ids(RandomIdGenerator):
        def generate_trace_id(self) -> int:
            return int(trace.current.get() or trace.new_trace_id(), 16)

    return Ids()


def _beginner(tracer: Any) -> Callable[..., Any]:
    from opentelemetry import trace as api  # noqa: PLC0415

    def begin(name: str, kind: Kind, began_ns: int | None = None) -> Any:
        return tracer.start_span(name, _parent(api), kind=api.SpanKind[kind], start_time=began_ns)

    return begin


def _parent(api: Any) -> Any:
    """Return the context of the span that we run in, or an empty one, never OpenTelemetry's own."""
    context: Any = api.set_span_in_context(api.INVALID_SPAN)
    if not (trace.current.get() and trace.span.get()):
        return context
    known = api.SpanContext(
        trace_id=int(trace.current.get(), 16),
        span_id=int(trace.span.get(), 16),
        is_remote=True,
        trace_flags=api.TraceFlags(api.TraceFlags.SAMPLED),
    )
    return api.set_span_in_context(api.NonRecordingSpan(known))
