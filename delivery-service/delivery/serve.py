"""The process that answers gRPC."""

import asyncio

from delivery.app import App
from delivery.config import Settings
from delivery.dead_letters import DeadLetters
from delivery.diagnose import Diagnoses
from delivery.grpc_api import DeliveryServicer
from delivery.grpc_diagnosis import DiagnosisServicer
from delivery.grpc_operations import OperationsServicer
from delivery.outbox import Outbox
from delivery.queues import Queues
from delivery.repository import outcomes
from delivery.typing_sign import TypingSign
from kit import health, log, metrics, process
from kit.changefeed import Waker
from kit.clock import utc_now
from kit.config import read
from kit.queue_pauses import QueuePauses
from kit.server import Server
from teachbase.delivery.v1 import delivery_pb2_grpc, diagnosis_pb2_grpc, operations_pb2_grpc


async def run(stop: asyncio.Event) -> None:
    """Serve gRPC until stopped."""
    log.configure("delivery")
    app = App(read(Settings))
    metrics.serve(app.settings.metrics_port)
    await app.partitions.ensure()
    waker = Waker(app.settings.database_dsn, outcomes.FEED)
    server = Server(app.settings.delivery_grpc, app.settings)
    server.add(
        delivery_pb2_grpc.add_DeliveryServiceServicer_to_server,
        DeliveryServicer(
            Outbox(app.engine, app.bell, utc_now),
            DeadLetters(app.engine, app.bell, utc_now),
            TypingSign(app.portal, app.rest),
            waker,
        ),
        "teachbase.delivery.v1.DeliveryService",
    )
    server.add(
        diagnosis_pb2_grpc.add_DiagnosisServiceServicer_to_server,
        DiagnosisServicer(Diagnoses(app.engine, app.bell, utc_now)),
        "teachbase.delivery.v1.DiagnosisService",
    )
    server.add(
        operations_pb2_grpc.add_OperationsServiceServicer_to_server,
        OperationsServicer(Queues(app.engine, utc_now), QueuePauses(app.engine, utc_now)),
        "teachbase.delivery.v1.OperationsService",
    )
    await server.start()
    await process.run_tasks(
        stop, waker.run(), health.follow(server, app.settings.database_dsn, app.settings.redis_url)
    )
    await server.stop(grace_s=2)
    await app.close()
