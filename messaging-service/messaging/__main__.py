"""`python -m messaging serve / work / migrate`."""

import asyncio
from pathlib import Path

from kit import log, metrics, process
from kit.config import read
from kit.server import Server
from messaging import worker
from messaging.app import App, WorkerApp
from messaging.config import Settings
from teachbase.messaging.v1 import messaging_pb2_grpc

MIGRATIONS = Path(__file__).parents[1] / "migrations"


async def serve(stop: asyncio.Event) -> None:
    """Serve gRPC until stopped."""
    log.configure("messaging")
    app = App(read(Settings))
    metrics.serve(app.settings.metrics_port)
    await app.ensure_partitions()
    server = Server(app.settings.messaging_grpc)
    server.add(
        messaging_pb2_grpc.add_MessagingServiceServicer_to_server,
        app.servicer(),
        "teachbase.messaging.v1.MessagingService",
    )
    await server.start()
    await stop.wait()
    await server.stop(grace_s=3)
    await app.close()


async def work(stop: asyncio.Event) -> None:
    """Work off the queue until stopped."""
    log.configure("messaging-worker")
    app = WorkerApp(read(Settings))
    metrics.serve(app.settings.metrics_port)
    await worker.run(app, stop)
    await app.close()


def dsn() -> str:
    """Return where `migrate` works."""
    return read(Settings).database_dsn


if __name__ == "__main__":
    process.main("messaging", serve, work, MIGRATIONS, dsn)
