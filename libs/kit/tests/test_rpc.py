"""The border of a server as its callers see it: what fails becomes a status, a reason and a detail."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from kit import db, trace
from kit.errors import DomainError, PeerError
from kit.rpc import Context, call, channel
from kit.server import Server
from teachbase.billing.v1 import billing_pb2 as pb
from teachbase.billing.v1 import billing_pb2_grpc

PORTAL = "5f2c1be0-7a9d-4e63-b8d0-a1c2e3f40516"


class Spent(DomainError):
    status, reason = grpc.StatusCode.RESOURCE_EXHAUSTED, "SPENT"
    message = "Portal {portal_id} has nothing left."


class Sample(billing_pb2_grpc.BillingServiceServicer):
    """Fails as its request says; `traces` = the trace ids it worked under."""

    def __init__(self) -> None:
        self.failure: Exception | None = None
        self.is_ending = False
        self.traces: list[str] = []

    async def GetUsage(self, request: pb.GetUsageRequest, context: Context) -> pb.GetUsageResponse:  # noqa: N802 - the proto's name
        self.traces.append(trace.current.get())
        if self.is_ending:
            await context.abort(grpc.StatusCode.CANCELLED)
        if self.failure:
            raise self.failure
        return pb.GetUsageResponse(plan_code=request.portal_id)

    async def Commit(self, _request: pb.CommitRequest, _context: Context) -> pb.CommitResponse:  # noqa: N802 - the proto's name
        assert self.failure
        raise self.failure

    async def ListPlans(self, _request: pb.ListPlansRequest, _context: Context) -> pb.ListPlansResponse:  # noqa: N802 - the proto's name
        engine = db.engine("postgresql://nobody:x@127.0.0.1:1/none", 1)
        async with engine.connect() as conn:
            await conn.execute(text("SELECT 1"))
        raise AssertionError("there is no such database")


@pytest.fixture
async def served() -> AsyncIterator[tuple[Sample, Any, grpc.aio.Channel]]:
    sample, server = Sample(), Server("127.0.0.1:0")  # type: ignore[abstract] # the rest is UNIMPLEMENTED
    server.add(
        billing_pb2_grpc.add_BillingServiceServicer_to_server, sample, "teachbase.billing.v1.BillingService"
    )
    await server.start()
    async with channel(f"127.0.0.1:{server.port}") as own:
        yield sample, billing_pb2_grpc.BillingServiceStub(own), own
    await server.stop(0)


async def failure_of(method: Any, request: Any) -> PeerError:
    with pytest.raises(PeerError) as failed:
        await call(method, request, peer="billing", timeout=5)
    return failed.value


async def test_a_domain_error_brings_its_status_reason_sentence_and_detail(served: Any) -> None:
    sample, stub, _ = served
    sample.failure = Spent(portal_id=PORTAL)

    error = await failure_of(stub.GetUsage, pb.GetUsageRequest(portal_id=PORTAL))

    assert (error.peer, error.status, error.reason) == ("billing", grpc.StatusCode.RESOURCE_EXHAUSTED, "SPENT")
    assert error.message == f"Portal {PORTAL} has nothing left."
    assert error.detail == {"portal_id": PORTAL}
    assert error.is_transient


async def test_a_request_against_its_rules_names_the_field(served: Any) -> None:
    _, stub, _ = served
    bad = pb.ReserveRequest(
        reservations=[pb.Reservation(portal_id=PORTAL, key=PORTAL), pb.Reservation(key=PORTAL)]
    )

    flat = await failure_of(stub.GetUsage, pb.GetUsageRequest(portal_id="7"))
    nested = await failure_of(stub.Reserve, bad)

    assert (flat.status, flat.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_ARGUMENT")
    assert flat.detail["field"] == "portal_id"
    assert nested.detail["field"] == "reservations.portal_id"
    assert not flat.is_transient


async def test_what_nobody_expected_tells_nothing_of_itself(served: Any) -> None:
    sample, stub, _ = served
    sample.failure = RuntimeError("password is hunter2")

    error = await failure_of(stub.GetUsage, pb.GetUsageRequest(portal_id=PORTAL))

    assert (error.status, error.reason, error.detail) == (grpc.StatusCode.INTERNAL, "INTERNAL", {})
    assert "hunter2" not in str(error)
    assert "RuntimeError" not in str(error)


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("SELECT CAST(:value AS text)", "a\0b"),
        ("SELECT CAST(:value AS uuid)", "no id"),
        ("SELECT CAST(:value AS timestamptz)", datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))),
        ("SELECT CAST(CAST(:value AS text) AS inet)", "no address"),
    ],
)
async def test_data_that_the_database_refuses_is_the_fault_of_who_reads_and_perhaps_ours_of_who_writes(
    served: Any, engine: AsyncEngine, sql: str, value: Any
) -> None:
    sample, stub, _ = served
    async with engine.connect() as conn:
        with pytest.raises(DBAPIError) as failed:
            await conn.execute(text(sql), {"value": value})
    sample.failure = failed.value

    read = await failure_of(stub.GetUsage, pb.GetUsageRequest(portal_id=PORTAL))
    written = await failure_of(
        stub.Commit, pb.CommitRequest(keys=[pb.ReservationKey(portal_id=PORTAL, key=PORTAL)])
    )

    assert (read.status, read.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_ARGUMENT")
    assert written.status is not grpc.StatusCode.INVALID_ARGUMENT


async def test_a_database_that_is_away_is_unavailable(served: Any) -> None:
    _, stub, _ = served

    error = await failure_of(stub.ListPlans, pb.ListPlansRequest())

    assert (error.status, error.reason) == (grpc.StatusCode.UNAVAILABLE, "DATABASE_UNAVAILABLE")
    assert error.is_transient


async def test_a_peer_that_is_not_there_is_named_by_its_status() -> None:
    async with channel("127.0.0.1:1") as nowhere:
        stub: Any = billing_pb2_grpc.BillingServiceStub(nowhere)
        error = await failure_of(stub.GetUsage, pb.GetUsageRequest(portal_id=PORTAL))

    assert (error.status, error.reason, error.detail) == (grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE", {})


async def test_the_trace_id_travels_with_the_call_and_a_call_without_one_gets_its_own(served: Any) -> None:
    sample, stub, _ = served
    trace_id = trace.new_trace_id()
    token = trace.current.set(trace_id)
    await call(stub.GetUsage, pb.GetUsageRequest(portal_id=PORTAL), peer="billing", timeout=5)
    trace.current.reset(token)

    await stub.GetUsage(pb.GetUsageRequest(portal_id=PORTAL), metadata=[("traceparent", "nonsense")])

    assert sample.traces[0] == trace_id
    assert len(sample.traces[1]) == 32
    assert sample.traces[1] != trace_id


async def test_a_server_says_that_it_serves_each_of_its_services(served: Any) -> None:
    stub: Any = health_pb2_grpc.HealthStub(served[2])

    for name in ("", "teachbase.billing.v1.BillingService"):
        answer = await stub.Check(health_pb2.HealthCheckRequest(service=name))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_a_service_that_reflection_could_not_tell_of_does_not_start() -> None:
    server = Server("127.0.0.1:0")
    server.add(lambda _servicer, _server: None, object(), "teachbase.nowhere.v1.NobodysService")

    with pytest.raises(KeyError, match=r"teachbase\.nowhere\.v1\.NobodysService"):
        await server.start()
    await server.stop(0)


async def test_a_call_that_a_peer_breaks_off_because_it_ends_may_be_made_again(served: Any) -> None:
    sample, stub, _ = served
    sample.is_ending = True

    error = await failure_of(stub.GetUsage, pb.GetUsageRequest(portal_id=PORTAL))

    assert (error.status, error.reason) == (grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE")
    assert error.is_transient
