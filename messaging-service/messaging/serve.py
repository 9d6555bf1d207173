"""The process that answers gRPC."""

import asyncio

from kit import health, log, metrics, process
from kit.clock import utc_now
from kit.config import read
from kit.server import Server
from messaging.adopt import Adoption
from messaging.app import App
from messaging.config import Settings
from messaging.diagnose import Diagnoses
from messaging.grpc_api import MessagingServicer
from messaging.grpc_diagnosis import DiagnosisServicer
from messaging.ingest import Inbox
from messaging.reading import Reading
from teachbase.messaging.v1 import diagnosis_pb2_grpc, messaging_pb2_grpc


async def run(stop: asyncio.Event) -> None:
    """Serve gRPC until stopped."""
    log.configure("messaging")
    app = App(read(Settings))
    metrics.serve(app.settings.metrics_port)
    await app.ensure_partitions()
    adoption = Adoption(app.portal)
    inbox = Inbox(app.engine, app.bell, adoption, app.keyring.encrypt, utc_now)
    server = Server(app.settings.messaging_grpc)
    server.add(
        messaging_pb2_grpc.add_MessagingServiceServicer_to_server,
        MessagingServicer(inbox, Reading(app.engine), app.portal_changes),
        "teachbase.messaging.v1.MessagingService",
    )
    server.add(
        diagnosis_pb2_grpc.add_DiagnosisServiceServicer_to_server,
        DiagnosisServicer(Diagnoses(app.engine, app.traffic, utc_now)),
        "teachbase.messaging.v1.DiagnosisService",
    )
    await server.start()
    await process.run_tasks(stop, health.follow(server, app.settings.database_dsn, app.settings.redis_url))
    await server.stop(grace_s=3)
    await adoption.close()
    await app.close()
