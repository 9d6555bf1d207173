"""The process that answers gRPC."""

import asyncio

from kit import background, health, log, metrics, process
from kit.clock import utc_now
from kit.config import read
from kit.queue import Bell
from kit.queue_pauses import QueuePauses
from kit.rpc import channel
from kit.server import Server
from messaging.adopt import Adoption
from messaging.app import KNOWLEDGE_QUEUE, App
from messaging.asking import Asking
from messaging.clients.billing import BillingClient
from messaging.config import Settings
from messaging.curation import Curation
from messaging.detail import Details
from messaging.diagnose import Diagnoses
from messaging.documents import Documents
from messaging.forecast import Blackbox
from messaging.golden import GoldenQuestions
from messaging.grpc_answers import AnswersServicer
from messaging.grpc_api import MessagingServicer
from messaging.grpc_blackbox import BlackboxServicer
from messaging.grpc_diagnosis import DiagnosisServicer
from messaging.grpc_knowledge import KnowledgeServicer
from messaging.grpc_operations import OperationsServicer
from messaging.ingest import Inbox
from messaging.keep import REFRESH_S
from messaging.known import LOOK_EVERY_S
from messaging.queues import Queues
from messaging.reading import Reading
from messaging.replay import Replay
from messaging.simulate import Simulation
from messaging.storage import Storage
from teachbase.messaging.v1 import (
    answers_pb2_grpc,
    blackbox_pb2_grpc,
    diagnosis_pb2_grpc,
    knowledge_pb2_grpc,
    messaging_pb2_grpc,
    operations_pb2_grpc,
)


async def run(stop: asyncio.Event) -> None:
    """Serve gRPC until stopped."""
    log.configure("messaging")
    app = App(read(Settings))
    metrics.serve(app.settings.metrics_port)
    await app.partitions.ensure()
    await app.keeper.refresh()
    adoption = Adoption(app.portal)
    inbox = Inbox(app.engine, app.bell, adoption, app.keyring.encrypt, utc_now, app.keeper, app.known)
    documents_bell = Bell(app.settings.redis_url, KNOWLEDGE_QUEUE)
    billing_channel = channel(app.settings.billing_grpc, "billing", app.settings)
    billing = BillingClient(billing_channel)
    server = Server(app.settings.messaging_grpc, app.settings)
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
    server.add(
        blackbox_pb2_grpc.add_BlackboxServiceServicer_to_server,
        BlackboxServicer(
            Blackbox(app.engine, utc_now),
            app.pruner,
            Details(app.engine),
            Replay(app.engine, app.bell, app.keyring.encrypt, utc_now),
            Simulation(app.engine, inbox, utc_now, is_on=app.settings.env == "dev"),
        ),
        "teachbase.messaging.v1.BlackboxService",
    )
    server.add(
        knowledge_pb2_grpc.add_KnowledgeServiceServicer_to_server,
        KnowledgeServicer(
            Documents(app.engine, Storage(app.settings.storage_url), billing, documents_bell, utc_now),
            app.knowledge,
            Asking(app.answering, billing),
        ),
        "teachbase.messaging.v1.KnowledgeService",
    )
    server.add(
        answers_pb2_grpc.add_AnswersServiceServicer_to_server,
        AnswersServicer(
            app.engine,
            app.answer_settings,
            Curation(app.engine, utc_now),
            GoldenQuestions(app.engine, app.answering, utc_now),
        ),
        "teachbase.messaging.v1.AnswersService",
    )
    server.add(
        operations_pb2_grpc.add_OperationsServiceServicer_to_server,
        OperationsServicer(Queues(app.engine, utc_now), QueuePauses(app.engine, utc_now)),
        "teachbase.messaging.v1.OperationsService",
    )
    await server.start()
    await process.run_tasks(
        stop,
        health.follow(server, app.settings.database_dsn, app.settings.redis_url),
        background.every(REFRESH_S, "blackbox_settings", app.keeper.refresh),
        background.every(LOOK_EVERY_S, "known_portals", app.known.look),
    )
    await server.stop(grace_s=2)
    await adoption.close()
    await documents_bell.close()
    await billing_channel.close()
    await app.close()
