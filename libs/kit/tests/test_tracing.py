"""Spans, as a collector on the wire gets them."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as otlp
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from kit import metrics, trace, tracing, work
from kit.errors import PeerError
from kit.rpc import call, channel
from kit.server import Server


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: dict[str, Span] = {}
        self.services: set[str] = set()

    def Export(  # noqa: N802 - the proto's name
        self, request: otlp.ExportTraceServiceRequest, _context: Any
    ) -> otlp.ExportTraceServiceResponse:
        for resource in request.resource_spans:
            self.services |= {one.value.string_value for one in resource.resource.attributes}
            self.told |= {span.name: span for scope in resource.scope_spans for span in scope.spans}
        return otlp.ExportTraceServiceResponse()


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    server, collector = grpc.server(ThreadPoolExecutor(1)), Collector()
    register: Any = trace_service_pb2_grpc.add_TraceServiceServicer_to_server  # it has no types
    register(collector, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    tracing.configure("tests", f"http://127.0.0.1:{port}")
    yield collector
    tracing.close()
    server.stop(0)


class Echo:
    """A service with one method, registered by hand."""

    async def answer(
        self, request: health_pb2.HealthCheckRequest, _context: Any
    ) -> health_pb2.HealthCheckResponse:
        if request.service:
            raise ValueError(request.service)
        return health_pb2.HealthCheckResponse()

    @staticmethod
    def register(servicer: "Echo", server: grpc.aio.Server) -> None:
        handler = grpc.unary_unary_rpc_method_handler(
            servicer.answer,
            request_deserializer=health_pb2.HealthCheckRequest.FromString,
            response_serializer=health_pb2.HealthCheckResponse.SerializeToString,
        )
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("tests.Echo", {"Say": handler}),))


@pytest.fixture
async def say() -> AsyncIterator[Any]:
    server = Server("127.0.0.1:0")
    server.add(Echo.register, Echo(), "grpc.health.v1.Health")
    await server.start()
    to_it = channel(f"127.0.0.1:{server.port}")
    yield to_it.unary_unary(
        "/tests.Echo/Say",
        request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
        response_deserializer=health_pb2.HealthCheckResponse.FromString,
    )
    await to_it.close()
    await server.stop(0)


async def _answered() -> None:
    """Who called has the answer a moment before the server's span ends."""
    for _ in range(1_000):
        if not metrics.RPC_RUNNING.labels("Say")._value.get():
            return
        await asyncio.sleep(0)
    raise AssertionError("the server is still at it")


async def test_a_call_is_one_trace_from_whoever_made_it_to_its_server(collector: Collector, say: Any) -> None:
    trace_id = trace.new_trace_id()

    with trace.under(trace_id), work.doing("piece", "answering"):
        await call(say, health_pb2.HealthCheckRequest(), peer="echo", timeout=5)
    await _answered()
    tracing.close()

    piece, client, server = (collector.told[name] for name in ("answering", "echo.Say", "Say"))
    assert {one.trace_id.hex() for one in (piece, client, server)} == {trace_id}
    assert (client.parent_span_id, server.parent_span_id) == (piece.span_id, client.span_id)
    assert [one.kind for one in (client, server)] == [Span.SPAN_KIND_CLIENT, Span.SPAN_KIND_SERVER]
    assert "tests" in collector.services


async def test_what_fails_is_told_as_failed_on_both_sides(collector: Collector, say: Any) -> None:
    with trace.under(trace.new_trace_id()), pytest.raises(PeerError):
        await call(say, health_pb2.HealthCheckRequest(service="broken"), peer="echo", timeout=5)
    await _answered()
    tracing.close()

    for name in ("echo.Say", "Say"):
        assert [one.value.bool_value for one in collector.told[name].attributes if one.key == "error"] == [True]


async def test_what_was_done_for_a_message_is_told_under_its_trace(collector: Collector) -> None:
    trace_id = trace.new_trace_id()

    with work.doing("piece", "lanes"):
        tracing.record("send", trace_id, datetime.now(UTC), outcome="sent")
    tracing.close()

    assert collector.told["send"].trace_id.hex() == trace_id
    assert collector.told["lanes"].trace_id != collector.told["send"].trace_id


async def test_what_is_done_for_many_is_told_under_the_trace_of_each(collector: Collector) -> None:
    first, second = trace.new_trace_id(), trace.new_trace_id()

    with trace.under(first), work.doing("piece", "batch"), tracing.together("call", "CLIENT", [first, second]):
        pass
    tracing.close()

    assert collector.told["batch"].trace_id.hex() == first
    assert collector.told["call"].trace_id.hex() == second


def test_without_a_collector_nothing_of_it_is_loaded() -> None:
    code = (
        "import sys, kit.rpc, kit.server, kit.work, kit.process; kit.tracing.configure('x', '');"
        "sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
