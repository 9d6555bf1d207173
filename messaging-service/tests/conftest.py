"""The messaging context on a real database, its neighbours as small real gRPC servers, a clock that stands."""

import hashlib
import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import grpc
import orjson
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bitrix import phpform
from kit import trace
from kit.errors import DomainError
from kit.rpc import Context, channel
from kit.server import Server
from messaging.adopt import Adoption
from messaging.app import App
from messaging.clients.billing import BillingClient
from messaging.clients.delivery import DeliveryClient
from messaging.clients.portal import PortalClient
from messaging.compose import Composed
from messaging.config import Settings
from messaging.detail import Details
from messaging.diagnose import Diagnoses
from messaging.domain import Batch
from messaging.fetch import Fetcher
from messaging.forecast import Blackbox
from messaging.grpc_api import MessagingServicer
from messaging.grpc_blackbox import BlackboxServicer
from messaging.ingest import Inbox
from messaging.keep import Keeper
from messaging.known import KnownPortals
from messaging.notices import Notices
from messaging.outcomes import Outcomes
from messaging.portals import PortalChanges
from messaging.prune import Pruner
from messaging.reading import Reading
from messaging.replay import Replay
from messaging.respond import Responder
from messaging.second_look import SecondLook
from messaging.simulate import Simulation
from messaging.traffic import Traffic
from teachbase.billing.v1 import billing_pb2_grpc
from teachbase.delivery.v1 import delivery_pb2, delivery_pb2_grpc
from teachbase.messaging.v1 import blackbox_pb2_grpc, messaging_pb2_grpc
from teachbase.messaging.v1 import messaging_pb2 as pb
from teachbase.portal.v1 import (
    diagnosis_pb2,
    diagnosis_pb2_grpc,
    feed_pb2,
    portal_pb2,
    service_pb2_grpc,
    tokens_pb2,
)
from tests.fake_billing import FakeBilling

BOT_ID = 812
cursors = itertools.count(1)
"""A page older than the cursor is not taken, and every test stores one."""


class Delivery(delivery_pb2_grpc.DeliveryServiceServicer):
    """Keeps what it is handed; away for the next `failures` calls; refuses portals in `refused`."""

    def __init__(self) -> None:
        self.calls: list[list[delivery_pb2.OutboundMessage]] = []
        self.taken: list[delivery_pb2.OutboundMessage] = []
        self.typing: list[str] = []
        self.failures = 0
        self.refused: set[str] = set()

    async def Enqueue(  # noqa: N802 - the proto's name
        self, request: delivery_pb2.EnqueueRequest, _context: Context
    ) -> delivery_pb2.EnqueueResponse:
        self.calls.append(list(request.messages))
        if self.failures:
            self.failures -= 1
            await _context.abort(grpc.StatusCode.UNAVAILABLE, "away")
        if {one.portal_id for one in request.messages} & self.refused:
            await _context.abort(grpc.StatusCode.INVALID_ARGUMENT, "no such dialog")
        self.taken += request.messages
        return delivery_pb2.EnqueueResponse(accepted=len(request.messages))

    async def ShowTyping(  # noqa: N802 - the proto's name
        self, request: delivery_pb2.ShowTypingRequest, _context: Context
    ) -> delivery_pb2.ShowTypingResponse:
        self.typing += [one.provider_dialog_id for one in request.dialogs]
        if self.failures:
            await _context.abort(grpc.StatusCode.UNAVAILABLE, "away")
        return delivery_pb2.ShowTypingResponse()


class PortalContext(service_pb2_grpc.PortalServiceServicer, diagnosis_pb2_grpc.DiagnosisServiceServicer):
    """Keeps what it is asked to adopt; away for the next `failures` calls."""

    def __init__(self) -> None:
        self.asked: list[tokens_pb2.AdoptApplicationTokenRequest] = []
        self.told: list[feed_pb2.HandleLifeCycleRequest] = []
        self.fetched: list[feed_pb2.FetchEventsRequest] = []
        self.pages: list[dict[str, Any]] = []
        self.traffic: list[diagnosis_pb2.ReportTrafficRequest] = []
        self.refusal: grpc.StatusCode | None = None
        self.fetch_refusal: grpc.StatusCode | DomainError | None = None
        self.failures = 0

    async def ReportTraffic(  # noqa: N802 - the proto's name
        self, request: diagnosis_pb2.ReportTrafficRequest, _context: Context
    ) -> diagnosis_pb2.ReportTrafficResponse:
        self.traffic.append(request)
        if self.refusal:
            await _context.abort(self.refusal, "no")
        return diagnosis_pb2.ReportTrafficResponse()

    async def AdoptApplicationToken(  # noqa: N802 - the proto's name
        self, request: tokens_pb2.AdoptApplicationTokenRequest, _context: Context
    ) -> tokens_pb2.AdoptApplicationTokenResponse:
        self.asked.append(request)
        if self.failures:
            self.failures -= 1
            await _context.abort(grpc.StatusCode.UNAVAILABLE, "away")
        return tokens_pb2.AdoptApplicationTokenResponse()

    async def HandleLifeCycle(  # noqa: N802 - the proto's name
        self, request: feed_pb2.HandleLifeCycleRequest, _context: Context
    ) -> feed_pb2.HandleLifeCycleResponse:
        self.told.append(request)
        if self.refusal:
            await _context.abort(self.refusal, "no")
        return feed_pb2.HandleLifeCycleResponse()

    async def FetchEvents(  # noqa: N802 - the proto's name
        self, request: feed_pb2.FetchEventsRequest, _context: Context
    ) -> feed_pb2.FetchEventsResponse:
        self.fetched.append(request)
        if isinstance(self.fetch_refusal, DomainError):
            raise self.fetch_refusal
        if self.fetch_refusal:
            await _context.abort(self.fetch_refusal, "no")
        return feed_pb2.FetchEventsResponse(page=orjson.dumps(self.pages.pop(0)))


@dataclass(frozen=True)
class Portal:
    """A portal that this context knows."""

    id: UUID = field(default_factory=uuid4)
    member_id: str = field(default_factory=lambda: uuid4().hex)
    application_token: str = field(default_factory=lambda: uuid4().hex)


@dataclass
class Service:
    """The context as its callers and its worker use it."""

    engine: AsyncEngine
    clock: Any
    stub: Any
    responder: Responder
    second_look: SecondLook
    notices: Notices
    traffic: Traffic
    diagnoses: Diagnoses
    changes: PortalChanges
    outcomes: Outcomes
    billing: FakeBilling
    delivery: Delivery
    context: PortalContext
    fetcher: Fetcher
    keeper: Keeper
    known: KnownPortals
    pruner: Pruner
    blackbox: Any
    """The stub of BlackboxService."""
    portals: list[Portal] = field(default_factory=list)

    async def portal(
        self,
        state: Any = portal_pb2.PORTAL_STATE_ACTIVE,
        mode: Any = portal_pb2.ACCESS_MODE_ALL,
        user_ids: tuple[int, ...] = (),
        portal: Portal | None = None,
        **settings: Any,
    ) -> Portal:
        """Learn of a portal from the feed."""
        portal = portal or Portal()
        self.portals.append(portal)
        change = feed_pb2.PortalChange(
            portal_id=str(portal.id),
            member_id=portal.member_id,
            domain="test.bitrix24.ru",
            state=state,
            bot_id=BOT_ID,
            application_token_hashes=[hashlib.sha256(portal.application_token.encode()).digest()],
            access=portal_pb2.Access(mode=mode, user_ids=user_ids),
            settings=portal_pb2.PortalSettings(**settings),
        )
        await self.changes.apply(feed_pb2.WatchPortalsResponse(changes=[change], cursor=next(cursors)))
        return portal

    async def ingest(self, *events: pb.RawEvent) -> list[pb.Receipt]:
        """Take a batch in, over gRPC."""
        answer: pb.IngestResponse = await self.stub.Ingest(pb.IngestRequest(events=events))
        return list(answer.receipts)

    async def respond(self, *, patiently: bool = True) -> list[float | None]:
        """Claim and answer until nothing is owed now; the waits that the answers asked for."""
        waits = []
        while batches := await self.responder.claim(1):
            waits += [await self.responder.answer(batch) for batch in batches]
        if patiently:
            await self.responder.slowly.settled()
        return waits

    async def compose(self, batch: Batch) -> Composed:
        """Make a batch's replies, without fixing them: what a worker does before it dies."""
        return await self.responder._compose(batch, await self.responder._questions(batch))

    def handed(self, portal: Portal) -> list[delivery_pb2.OutboundMessage]:
        """What delivery was given for a portal, in order."""
        return [one for call in self.delivery.calls for one in call if one.portal_id == str(portal.id)]

    async def rows(self, sql: str, **params: Any) -> list[Any]:
        """Look into the tables."""
        async with self.engine.connect() as conn:
            return list((await conn.execute(text(sql), params)).all())

    async def execute(self, sql: str, **params: Any) -> None:
        """Change the tables by hand."""
        async with self.engine.begin() as conn:
            await conn.execute(text(sql), params)


def happening(portal: Portal, name: str, dialog_id: str, user_id: int, **given: Any) -> pb.RawEvent:
    """An event of v2 in a dialog, caused by an employee; `blocks` are added to its data."""
    user = {"id": user_id, "active": True, "type": "employee"}
    data = {"bot": {"id": BOT_ID}, "chat": {"dialogId": dialog_id}, "user": user, **given.pop("blocks")}
    auth = {"member_id": portal.member_id, "application_token": portal.application_token}
    auth["access_token"] = "of-the-author"
    fields: dict[str, Any] = {"event": name, "data": data, "ts": given.pop("ts", 1790000000), "auth": auth}
    return raw(phpform.encode(fields), **given)


def message(portal: Portal, message_id: int = 70101, said: str = "Вопрос", **given: Any) -> pb.RawEvent:
    """A v2 message of user 27 in the private dialog with the bot, as the gateway hands it on."""
    user_id = given.pop("user_id", 27)
    dialog_id = given.pop("dialog_id", str(user_id))
    told = {"id": message_id, "authorId": user_id, "text": said, "isSystem": False}
    return happening(portal, "ONIMBOTV2MESSAGEADD", dialog_id, user_id, blocks={"message": told}, **given)


def join(portal: Portal, **given: Any) -> pb.RawEvent:
    """The bot is let into a dialog of user 27."""
    user_id = given.pop("user_id", 27)
    blocks = {"dialogId": str(user_id)}
    return happening(portal, "ONIMBOTV2JOINCHAT", str(user_id), user_id, blocks=blocks, **given)


def press(portal: Portal, command: str = "help", dialog_id: str = "27", **given: Any) -> pb.RawEvent:
    """User 27 presses a button under a message of the bot."""
    blocks = {
        "command": {"id": 78, "command": f"/{command}", "context": "keyboard"},
        "message": {"id": 70120, "authorId": BOT_ID, "text": "Здравствуйте!"},
    }
    return happening(portal, "ONIMBOTV2COMMANDADD", dialog_id, 27, blocks=blocks, **given)


def amendment(portal: Portal, kind: str, message_id: int = 70101, said: str = "ping", **given: Any) -> pb.RawEvent:
    """An UPDATE or DELETE of a message of user 27 in the private dialog with the bot."""
    user_id = given.pop("user_id", 27)
    told = {"id": message_id, "authorId": user_id, "text": said, "isSystem": False}
    blocks = {"message": told} if kind == "UPDATE" else {"messageId": message_id}
    given.setdefault("ts", 1790000050)
    return happening(portal, f"ONIMBOTV2MESSAGE{kind}", str(user_id), user_id, blocks=blocks, **given)


def raw(body: bytes, **given: Any) -> pb.RawEvent:
    """A request to the events address."""
    event = pb.RawEvent(
        **{
            "trace_id": trace.new_trace_id(),
            "method": "POST",
            "path": "/v1/bitrix/events",
            "content_type": "application/x-www-form-urlencoded",
            "body": body,
            "remote_ip": "203.0.113.7",
            **given,
        }
    )
    event.received_at.FromJsonString("2026-09-21T12:00:00Z")
    return event


@pytest.fixture
def next_cursor() -> Callable[[], int]:
    return lambda: next(cursors)


@pytest.fixture
def event_of() -> Any:
    return message


@pytest.fixture
def amendment_of() -> Any:
    return amendment


@pytest.fixture
def join_of() -> Any:
    return join


@pytest.fixture
def press_of() -> Any:
    return press


@pytest.fixture
def raw_event() -> Any:
    return raw


@pytest.fixture(scope="session")
async def app(dsns: dict[str, str], redis_url: str) -> AsyncIterator[App]:
    app = App(
        Settings(secret_keys=Fernet.generate_key().decode(), database_dsn=dsns["messaging"], redis_url=redis_url)
    )
    await app.partitions.ensure()
    yield app
    await app.close()


@pytest.fixture
async def service(app: App, clock: Any) -> AsyncIterator[Service]:
    # What is not asked for stays as generated: UNIMPLEMENTED.
    context = PortalContext()  # type: ignore[abstract] # the rest is UNIMPLEMENTED
    billing, delivery = FakeBilling(clock), Delivery()  # type: ignore[abstract] # the rest is UNIMPLEMENTED
    neighbours, server = Server("127.0.0.1:0"), Server("127.0.0.1:0")
    for add, servicer, name in (
        (billing_pb2_grpc.add_BillingServiceServicer_to_server, billing, "billing.v1.BillingService"),
        (delivery_pb2_grpc.add_DeliveryServiceServicer_to_server, delivery, "delivery.v1.DeliveryService"),
        (service_pb2_grpc.add_PortalServiceServicer_to_server, context, "portal.v1.PortalService"),
        (diagnosis_pb2_grpc.add_DiagnosisServiceServicer_to_server, context, "portal.v1.DiagnosisService"),
    ):
        neighbours.add(add, servicer, f"teachbase.{name}")
    await neighbours.start()
    changes = PortalChanges(app.engine, app.bell, clock)
    async with channel(f"127.0.0.1:{neighbours.port}") as peers, channel(f"127.0.0.1:{server.port}") as own:
        adoption = Adoption(PortalClient(peers))
        inbox = Inbox(app.engine, app.bell, adoption, app.keyring.encrypt, clock, app.keeper, app.known)
        server.add(
            messaging_pb2_grpc.add_MessagingServiceServicer_to_server,
            MessagingServicer(inbox, Reading(app.engine), changes),
            "teachbase.messaging.v1.MessagingService",
        )
        pruner = Pruner(app.engine, clock)
        replay = Replay(app.engine, app.bell, app.keyring.encrypt, clock)
        simulation = Simulation(app.engine, inbox, clock, is_on=True)
        blackbox = BlackboxServicer(Blackbox(app.engine, clock), pruner, Details(app.engine), replay, simulation)
        server.add(
            blackbox_pb2_grpc.add_BlackboxServiceServicer_to_server,
            blackbox,
            "teachbase.messaging.v1.BlackboxService",
        )
        await server.start()
        traffic = Traffic(app.engine, PortalClient(peers), clock)
        service = Service(
            engine=app.engine,
            clock=clock,
            stub=messaging_pb2_grpc.MessagingServiceStub(own),
            responder=Responder(app.engine, BillingClient(peers), DeliveryClient(peers), app.answering, clock),
            notices=Notices(app.engine, PortalClient(peers), app.keyring, clock),
            traffic=traffic,
            diagnoses=Diagnoses(app.engine, traffic, clock),
            second_look=SecondLook(app.engine, app.bell, app.keyring.encrypt, clock, app.keeper),
            changes=changes,
            outcomes=Outcomes(app.engine),
            billing=billing,
            delivery=delivery,
            context=context,
            fetcher=Fetcher(app.engine, PortalClient(peers), inbox, clock),
            keeper=app.keeper,
            known=app.known,
            pruner=pruner,
            blackbox=blackbox_pb2_grpc.BlackboxServiceStub(own),
        )
        yield service
        await adoption.close()
    owned = [portal.id for portal in service.portals]  # a claim sees every portal: nothing is left owed
    await service.execute("DELETE FROM fetches WHERE portal_id = ANY(:ids)", ids=owned)
    await service.execute("DELETE FROM second_looks WHERE portal_id = ANY(:ids)", ids=owned)
    await service.execute("UPDATE dialogs SET pending_since = NULL WHERE portal_id = ANY(:ids)", ids=owned)
    await server.stop(0)
    await neighbours.stop(0)
