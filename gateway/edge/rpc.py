"""The four contexts, as the gateway calls them."""

from collections.abc import AsyncIterator
from typing import Annotated, TypeVar

from fastapi import Depends, Request
from google.protobuf.message import Message

from edge.config import Settings
from kit.rpc import Method, call, channel
from teachbase.billing.v1.billing_pb2_grpc import BillingServiceStub
from teachbase.billing.v1.ledger_pb2_grpc import LedgerServiceStub
from teachbase.delivery.v1.delivery_pb2_grpc import DeliveryServiceStub
from teachbase.delivery.v1.diagnosis_pb2_grpc import DiagnosisServiceStub as DeliveryDiagnosisStub
from teachbase.delivery.v1.operations_pb2_grpc import OperationsServiceStub as DeliveryOperationsStub
from teachbase.messaging.v1.answers_pb2_grpc import AnswersServiceStub
from teachbase.messaging.v1.blackbox_pb2_grpc import BlackboxServiceStub
from teachbase.messaging.v1.diagnosis_pb2_grpc import DiagnosisServiceStub as MessagingDiagnosisStub
from teachbase.messaging.v1.knowledge_pb2_grpc import KnowledgeServiceStub
from teachbase.messaging.v1.messaging_pb2_grpc import MessagingServiceStub
from teachbase.messaging.v1.operations_pb2_grpc import OperationsServiceStub as MessagingOperationsStub
from teachbase.portal.v1.admin_pb2_grpc import AdminServiceStub
from teachbase.portal.v1.diagnosis_pb2_grpc import DiagnosisServiceStub as PortalDiagnosisStub
from teachbase.portal.v1.operations_pb2_grpc import OperationsServiceStub as PortalOperationsStub
from teachbase.portal.v1.service_pb2_grpc import PortalServiceStub
from teachbase.portal.v1.settings_pb2_grpc import SettingsServiceStub

TIMEOUT_S = 10.0
DIAGNOSIS_TIMEOUT_S = 55.0
"""Somebody looks for what is wrong, which may be that something does not answer: under the proxy's 60 s."""
INSTALL_TIMEOUT_S = 40.0
"""An install waits for the OAuth server and for the portal's rate budget."""

ResponseT = TypeVar("ResponseT", bound=Message)


class Contexts:
    """Stubs of every service, over one channel per context."""

    def __init__(self, settings: Settings) -> None:
        self.channels = {
            "portal": channel(settings.portal_grpc, "portal", settings),
            "messaging": channel(settings.messaging_grpc, "messaging", settings),
            "delivery": channel(settings.delivery_grpc, "delivery", settings),
            "billing": channel(settings.billing_grpc, "billing", settings),
        }
        self.portal = PortalServiceStub(self.channels["portal"])
        self.settings = SettingsServiceStub(self.channels["portal"])
        self.admin = AdminServiceStub(self.channels["portal"])
        self.messaging = MessagingServiceStub(self.channels["messaging"])
        self.blackbox = BlackboxServiceStub(self.channels["messaging"])
        self.answers = AnswersServiceStub(self.channels["messaging"])
        self.knowledge = KnowledgeServiceStub(self.channels["messaging"])
        self.delivery = DeliveryServiceStub(self.channels["delivery"])
        self.billing = BillingServiceStub(self.channels["billing"])
        self.ledger = LedgerServiceStub(self.channels["billing"])
        self.portal_diagnosis = PortalDiagnosisStub(self.channels["portal"])
        self.messaging_diagnosis = MessagingDiagnosisStub(self.channels["messaging"])
        self.portal_operations = PortalOperationsStub(self.channels["portal"])
        self.messaging_operations = MessagingOperationsStub(self.channels["messaging"])
        self.delivery_operations = DeliveryOperationsStub(self.channels["delivery"])
        self.delivery_diagnosis = DeliveryDiagnosisStub(self.channels["delivery"])

    async def close(self) -> None:
        """Close the channels."""
        for one in self.channels.values():
            await one.close()


async def ask(
    peer: str,
    method: Method[ResponseT],
    request: Message | AsyncIterator[Message],
    timeout: float = TIMEOUT_S,  # noqa: ASYNC109 - the deadline travels with the call
) -> ResponseT:
    """Call a context. Raises PeerError."""
    return await call(method, request, peer=peer, timeout=timeout)


def _contexts(request: Request) -> Contexts:
    contexts: Contexts = request.app.state.contexts
    return contexts


Peers = Annotated[Contexts, Depends(_contexts)]
