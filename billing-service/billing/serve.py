"""The process that answers gRPC."""

import asyncio

from billing.app import App
from billing.config import Settings
from billing.grpc_api import BillingServicer
from billing.grpc_ledger import LedgerServicer
from kit import health, log, metrics, process
from kit.config import read
from kit.server import Server
from teachbase.billing.v1 import billing_pb2_grpc, ledger_pb2_grpc


async def run(stop: asyncio.Event) -> None:
    """Serve gRPC until stopped."""
    log.configure("billing")
    app = App(read(Settings))
    metrics.serve(app.settings.metrics_port)
    await app.partitions.ensure()
    await app.plans.seed(app.settings.env)
    server = Server(app.settings.billing_grpc, app.settings)
    server.add(
        billing_pb2_grpc.add_BillingServiceServicer_to_server,
        BillingServicer(app.quota, app.plans, app.usage, app.subscriptions, app.alerts),
        "teachbase.billing.v1.BillingService",
    )
    server.add(
        ledger_pb2_grpc.add_LedgerServiceServicer_to_server,
        LedgerServicer(app.plans, app.subscriptions, app.usage, app.reports, app.alerts, app.recount),
        "teachbase.billing.v1.LedgerService",
    )
    await server.start()
    await process.run_tasks(stop, app.waker.run(), health.follow(server, app.settings.database_dsn))
    await server.stop(grace_s=2)
    await app.close()
