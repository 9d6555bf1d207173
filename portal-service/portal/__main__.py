"""`python -m portal serve / work / migrate`."""

import asyncio
from pathlib import Path

from kit import log, metrics, process
from kit.config import read
from kit.server import Server
from portal import worker
from portal.app import App
from portal.config import Settings
from teachbase.portal.v1 import admin_pb2_grpc, portal_pb2_grpc

MIGRATIONS = Path(__file__).parents[1] / "migrations"


async def serve(stop: asyncio.Event) -> None:
    """Serve gRPC until stopped."""
    app = App(read(Settings))
    log.configure("portal")
    metrics.serve(app.settings.metrics_port)
    await app.admins.create_first(app.settings.admin_email, app.settings.admin_password)
    server = Server(app.settings.portal_grpc)
    server.add(
        portal_pb2_grpc.add_PortalServiceServicer_to_server,
        app.portal_servicer(),
        "teachbase.portal.v1.PortalService",
    )
    server.add(
        admin_pb2_grpc.add_AdminServiceServicer_to_server,
        app.admin_servicer(),
        "teachbase.portal.v1.AdminService",
    )
    await server.start()
    await process.run_tasks(stop, app.waker.run())
    await server.stop(grace_s=3)
    await app.close()


async def work(stop: asyncio.Event) -> None:
    """Work off the queue until stopped."""
    app = App(read(Settings))
    log.configure("portal-worker")
    metrics.serve(app.settings.metrics_port)
    await worker.run(app, stop)
    await app.close()


def dsn() -> str:
    """Return where `migrate` works."""
    return read(Settings).database_dsn


if __name__ == "__main__":
    process.main("portal", serve, work, MIGRATIONS, dsn)
