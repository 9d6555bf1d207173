"""`python -m billing serve / work / migrate`."""

import asyncio
from pathlib import Path

from billing import worker
from billing.app import App
from billing.config import Settings
from kit import log, metrics, process
from kit.config import read
from kit.server import Server
from teachbase.billing.v1 import billing_pb2_grpc

MIGRATIONS = Path(__file__).parents[1] / "migrations"


async def serve(stop: asyncio.Event) -> None:
    """Serve gRPC until stopped."""
    log.configure("billing")
    app = App(read(Settings))
    metrics.serve(app.settings.metrics_port)
    await app.ensure_partitions()
    await app.plans.seed(app.settings.env)
    server = Server(app.settings.billing_grpc)
    server.add(
        billing_pb2_grpc.add_BillingServiceServicer_to_server,
        app.servicer(),
        "teachbase.billing.v1.BillingService",
    )
    await server.start()
    await stop.wait()
    await server.stop(grace_s=3)
    await app.close()


async def work(stop: asyncio.Event) -> None:
    """Work off the queue until stopped."""
    log.configure("billing-worker")
    app = App(read(Settings))
    metrics.serve(app.settings.metrics_port)
    await worker.run(app, stop)
    await app.close()


def dsn() -> str:
    """Return where `migrate` works."""
    return read(Settings).database_dsn


if __name__ == "__main__":
    process.main("billing", serve, work, MIGRATIONS, dsn)
