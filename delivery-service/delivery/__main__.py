"""`python -m delivery serve / work / migrate`."""

import asyncio
from pathlib import Path

from delivery import worker
from delivery.app import App, WorkerApp
from delivery.config import Settings
from kit import log, metrics, process
from kit.config import read
from kit.server import Server
from teachbase.delivery.v1 import delivery_pb2_grpc

MIGRATIONS = Path(__file__).parents[1] / "migrations"


async def serve(stop: asyncio.Event) -> None:
    """Serve gRPC until stopped."""
    log.configure("delivery")
    app = App(read(Settings))
    metrics.serve(app.settings.metrics_port)
    await app.ensure_partitions()
    waker = app.waker()
    server = Server(app.settings.delivery_grpc)
    server.add(
        delivery_pb2_grpc.add_DeliveryServiceServicer_to_server,
        app.servicer(waker),
        "teachbase.delivery.v1.DeliveryService",
    )
    await server.start()
    await process.run_tasks(stop, waker.run())
    await server.stop(grace_s=3)
    await app.close()


async def work(stop: asyncio.Event) -> None:
    """Work off the queue until stopped."""
    log.configure("delivery-worker")
    app = WorkerApp(read(Settings))
    metrics.serve(app.settings.metrics_port)
    await worker.run(app, stop)
    await app.close()


def dsn() -> str:
    """Return where `migrate` works."""
    return read(Settings).database_dsn


if __name__ == "__main__":
    process.main("delivery", serve, work, MIGRATIONS, dsn)
