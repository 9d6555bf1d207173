"""One message, as a collector of spans sees it: one trace through all processes."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as otlp
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc

from tests.e2e import product as stack
from tests.e2e.product import eventually

WAY = {
    ("gateway", "POST /v1/bitrix/events"),
    ("gateway", "messaging.Ingest"),
    ("messaging", "Ingest"),
    ("messaging-worker", "delivery.Enqueue"),
    ("delivery", "Enqueue"),
    ("delivery-worker", "send"),
}


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """Keeps (trace, service, span)."""

    def __init__(self) -> None:
        self.address = ""
        self.told: list[tuple[str, str, str]] = []

    def Export(  # noqa: N802 - the proto's name
        self, request: otlp.ExportTraceServiceRequest, _context: Any
    ) -> otlp.ExportTraceServiceResponse:
        for told in request.resource_spans:
            [service] = [one.value.string_value for one in told.resource.attributes if one.key == "service.name"]
            self.told += [
                (span.trace_id.hex(), service, span.name) for one in told.scope_spans for span in one.spans
            ]
        return otlp.ExportTraceServiceResponse()

    def of(self, trace_id: str) -> set[tuple[str, str]]:
        return {(service, name) for one, service, name in self.told if one == trace_id}


@pytest.fixture
def collector() -> Iterator[Collector]:
    server, collector = grpc.server(ThreadPoolExecutor(4)), Collector()
    register: Any = trace_service_pb2_grpc.add_TraceServiceServicer_to_server  # it has no types
    register(collector, server)
    collector.address = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    yield collector
    server.stop(0)


@pytest.mark.timeout(200)
async def test_one_message_is_one_trace_through_all_processes(collector: Collector, tmp_path: Path) -> None:
    base = 32_000 + os.getpid() % 70 * 10
    with stack.running(tmp_path, base, TB_OTLP_ENDPOINT=collector.address) as product:
        async with product.connected():
            portal = await product.portal(users_count=2)
            await product.install(portal, [1])

            async def welcomed() -> Any:
                return await product.visible(portal)

            await eventually(welcomed, what="the welcome")  # what is handed over together has a trace of its own
            await product.write(portal, 1, "Спасибо")  # a command would bring two events

            async def asked() -> Any:
                rows = (await product.admin("/messages"))["items"]
                return [one["trace_id"] for one in rows if one["body"] == "Спасибо"]

            [trace_id] = await eventually(asked, what="the question")

            async def told() -> bool:
                return collector.of(trace_id) >= WAY

            await eventually(told, seconds=30, what="the whole way under one trace")
