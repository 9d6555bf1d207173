"""The process that answers gRPC."""

import asyncio

from kit import health, log, metrics, process
from kit.changefeed import Waker
from kit.clock import utc_now
from kit.config import read
from kit.server import Server
from portal import changes
from portal.app import App
from portal.changes import Changes
from portal.config import Settings
from portal.grpc_admin import AdminServicer
from portal.grpc_api import PortalServicer
from portal.grpc_diagnosis import DiagnosisServicer
from portal.grpc_operations import OperationsServicer
from portal.grpc_settings import SettingsServicer
from portal.portals import Portals
from portal.workers import Workers
from teachbase.portal.v1 import (
    admin_pb2_grpc,
    diagnosis_pb2_grpc,
    operations_pb2_grpc,
    service_pb2_grpc,
    settings_pb2_grpc,
)


async def run(stop: asyncio.Event) -> None:
    """Serve gRPC until stopped."""
    app = App(read(Settings))
    log.configure("portal")
    metrics.serve(app.settings.metrics_port)
    await app.admins.create_first(app.settings.admin_email, app.settings.admin_password)
    waker = Waker(app.settings.database_dsn, changes.TABLE)
    server = Server(app.settings.portal_grpc, app.settings)
    server.add(
        service_pb2_grpc.add_PortalServiceServicer_to_server,
        PortalServicer(
            installs=app.installs,
            page_sessions=app.page_sessions,
            authorizations=app.authorizations,
            employees=app.employees,
            accesses=app.accesses,
            setup=app.setup,
            portals=Portals(app.engine),
            operations=app.operations,
            registrations=app.registrations,
            tokens=app.tokens,
            endpoints=app.endpoints,
            application_tokens=app.application_tokens,
            life_cycle=app.life_cycle,
            deletions=app.deletions,
            fetched_events=app.fetched_events,
            changes=Changes(app.engine),
            waker=waker,
        ),
        "teachbase.portal.v1.PortalService",
    )
    server.add(
        settings_pb2_grpc.add_SettingsServiceServicer_to_server,
        SettingsServicer(app.settings_of_portals, app.departments),
        "teachbase.portal.v1.SettingsService",
    )
    server.add(
        admin_pb2_grpc.add_AdminServiceServicer_to_server,
        AdminServicer(app.admins, app.accounts, app.operations),
        "teachbase.portal.v1.AdminService",
    )
    server.add(
        diagnosis_pb2_grpc.add_DiagnosisServiceServicer_to_server,
        DiagnosisServicer(app.diagnoses, app.mender, app.probes),
        "teachbase.portal.v1.DiagnosisService",
    )
    server.add(
        operations_pb2_grpc.add_OperationsServiceServicer_to_server,
        OperationsServicer(Workers(app.redis, utc_now)),
        "teachbase.portal.v1.OperationsService",
    )
    await server.start()
    await process.run_tasks(
        stop, waker.run(), health.follow(server, app.settings.database_dsn, app.settings.redis_url)
    )
    await server.stop(grace_s=2)
    await app.close()
