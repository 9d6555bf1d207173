"""The billing context on a real database, asked over loopback."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from billing.alerts import Alerts
from billing.app import App
from billing.config import Settings
from billing.domain import REPLIES, Plan
from billing.grpc_api import BillingServicer
from billing.grpc_ledger import LedgerServicer
from billing.plans import Plans
from billing.quota import Quota
from billing.recount import Recount
from billing.reports import Reports
from billing.repository import plans as plan_statements
from billing.repository import subscriptions as subscription_statements
from billing.subscriptions import Subscriptions
from billing.usage import UsageBook
from kit.rpc import channel
from kit.server import Server
from teachbase.billing.v1 import billing_pb2 as pb
from teachbase.billing.v1 import billing_pb2_grpc, ledger_pb2_grpc


@dataclass
class Service:
    """The context as messaging uses it, and the quota behind it."""

    engine: AsyncEngine
    clock: Any
    stub: Any
    ledger: Any
    quota: Quota
    plans: Plans
    subscriptions: Subscriptions
    alerts: Alerts
    recounts: Recount

    async def portal(self, cap: int | None = None, **plan: Any) -> UUID:
        """A portal on a plan of its own with `cap` replies a month, or without a limit."""
        return await self.portal_on(**{"limits": {} if cap is None else {REPLIES: cap}, **plan})

    async def portal_on(self, **given: Any) -> UUID:
        """A portal on a plan of its own."""
        portal_id, code = uuid4(), f"test-{uuid4().hex[:12]}"
        fields = {"price_minor": 0, "currency": "RUB", **given}
        plan = Plan(code, 1, "Проба", "Trial", **fields)
        async with self.engine.begin() as conn:
            await plan_statements.create_if_absent(conn, plan, self.clock())
            await plan_statements.add_version(conn, plan, self.clock())
            await subscription_statements.put_on_plan(conn, [portal_id], code, self.clock())
        return portal_id

    async def reserve(self, portal_id: UUID, *keys: UUID) -> list[pb.ReserveDecision]:
        asked = [pb.Reservation(portal_id=str(portal_id), key=str(key)) for key in keys]
        answer: pb.ReserveResponse = await self.stub.Reserve(pb.ReserveRequest(reservations=asked))
        return list(answer.decisions)

    async def commit(self, portal_id: UUID, *keys: UUID) -> int:
        answer: pb.CommitResponse = await self.stub.Commit(pb.CommitRequest(keys=_named(portal_id, keys)))
        return answer.counted

    async def release(self, portal_id: UUID, *keys: UUID) -> int:
        answer: pb.ReleaseResponse = await self.stub.Release(pb.ReleaseRequest(keys=_named(portal_id, keys)))
        return answer.released

    async def counters(self, portal_id: UUID) -> tuple[int, int]:
        """What the counters say is used and reserved."""
        found = await self.rows("SELECT used, reserved FROM usage_counters WHERE portal_id = :id", id=portal_id)
        return sum(row.used for row in found), sum(row.reserved for row in found)

    async def recount(self, portal_id: UUID) -> tuple[int, int]:
        """The same, counted anew from the usage events and the reservations."""
        used = await self.rows("SELECT units FROM usage_events WHERE portal_id = :id", id=portal_id)
        states = await self.rows("SELECT state FROM reservations WHERE portal_id = :id", id=portal_id)
        by_state = Counter(row.state for row in states)
        assert by_state["counted"] == len(used)
        return sum(row.units for row in used), by_state["reserved"]

    async def rows(self, sql: str, **params: Any) -> list[Any]:
        async with self.engine.connect() as conn:
            return list((await conn.execute(text(sql), params)).all())


def _named(portal_id: UUID, keys: tuple[UUID, ...]) -> list[pb.ReservationKey]:
    return [pb.ReservationKey(portal_id=str(portal_id), key=str(key)) for key in keys]


@pytest.fixture(scope="session")
async def app(dsns: dict[str, str], redis_url: str) -> AsyncIterator[App]:
    app = App(Settings(secret_keys="-", database_dsn=dsns["billing"], redis_url=redis_url, database_pool=20))
    await asyncio.gather(app.partitions.ensure(), app.plans.seed("production"))
    yield app
    await app.close()


@pytest.fixture
async def service(app: App, clock: Any) -> AsyncIterator[Service]:
    quota, plans = Quota(app.engine, clock), Plans(app.engine, clock)
    usage, subscriptions = UsageBook(app.engine, clock), Subscriptions(app.engine, clock)
    alerts, recounts = Alerts(app.engine, app.waker, clock), Recount(app.engine, clock)
    server = Server("127.0.0.1:0")
    server.add(
        billing_pb2_grpc.add_BillingServiceServicer_to_server,
        BillingServicer(quota, plans, usage, subscriptions, alerts),
        "teachbase.billing.v1.BillingService",
    )
    server.add(
        ledger_pb2_grpc.add_LedgerServiceServicer_to_server,
        LedgerServicer(plans, subscriptions, usage, Reports(app.engine, clock), alerts, recounts),
        "teachbase.billing.v1.LedgerService",
    )
    listening = asyncio.create_task(app.waker.run())
    await server.start()
    async with channel(f"127.0.0.1:{server.port}") as own:
        yield Service(
            app.engine,
            clock,
            billing_pb2_grpc.BillingServiceStub(own),
            ledger_pb2_grpc.LedgerServiceStub(own),
            quota,
            plans,
            subscriptions,
            alerts,
            recounts,
        )
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    await server.stop(0)
