"""The delivery context on a real database, the portal simulator over HTTP, portal as a real gRPC server."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from b24sim.testing import FakeClock, Sim, simulator
from bitrix import http, limiter
from bitrix.breaker import Breaker
from bitrix.client import BitrixClient
from bitrix.endpoint import EndpointPolicy
from bitrix.limiter import Budget, Limiter
from bitrix.rest import Rest
from bitrix.shared import Shared
from delivery.app import App
from delivery.clients.portal import PortalClient
from delivery.config import Settings
from delivery.dead_letters import DeadLetters
from delivery.diagnose import Diagnoses
from delivery.grpc_api import DeliveryServicer
from delivery.grpc_diagnosis import DiagnosisServicer
from delivery.lanes import Lanes
from delivery.outbox import Outbox
from delivery.portals import PortalChanges
from delivery.repository import outcomes
from delivery.send import Sender
from delivery.settle import Settlement
from delivery.turn import Turns
from delivery.typing_sign import TypingSign
from kit import ids
from kit.changefeed import Waker
from kit.errors import DomainError
from kit.rpc import Context, channel
from kit.server import Server
from teachbase.delivery.v1 import delivery_pb2 as pb
from teachbase.delivery.v1 import delivery_pb2_grpc, diagnosis_pb2_grpc
from teachbase.portal.v1 import feed_pb2, portal_pb2, service_pb2_grpc, tokens_pb2

CLIENT = {"client_id": "app.local.teachbase", "client_secret": "local-secret"}
cursors = itertools.count(1)


@dataclass
class Portal:
    """A portal of the simulator, known to the portal context."""

    sim: dict[str, Any]
    access_token: str
    refresh_token: str
    bot_id: int
    id: UUID = field(default_factory=uuid4)
    dialogs: dict[str, UUID] = field(default_factory=dict)
    refreshes: int = 0
    is_classic: bool = False


class PortalContext(service_pb2_grpc.PortalServiceServicer):
    """Hands out tokens and refreshes them at the simulator; `away` = it answers nothing."""

    def __init__(self, sim: Sim) -> None:
        self.portals: dict[str, Portal] = {}
        self.away = False
        self.token_refusal: DomainError | None = None
        self.refresh_refusal: tuple[grpc.StatusCode, str] | None = None
        self._sim, self._lock = sim, asyncio.Lock()

    async def GetAccessToken(  # noqa: N802 - the proto's name
        self, request: tokens_pb2.GetAccessTokenRequest, _context: Context
    ) -> tokens_pb2.GetAccessTokenResponse:
        if self.away:
            await _context.abort(grpc.StatusCode.UNAVAILABLE, "away")
        if self.token_refusal:
            raise self.token_refusal
        return tokens_pb2.GetAccessTokenResponse(token=_token(self.portals[request.portal_id]))

    async def RefreshAccessToken(  # noqa: N802 - the proto's name
        self, request: tokens_pb2.RefreshAccessTokenRequest, _context: Context
    ) -> tokens_pb2.RefreshAccessTokenResponse:
        if self.refresh_refusal:
            await _context.abort(*self.refresh_refusal)
        portal = self.portals[request.portal_id]
        async with self._lock:
            if request.refused_generation > portal.refreshes:
                given = {"grant_type": "refresh_token", "refresh_token": portal.refresh_token, **CLIENT}
                pair = (await self._sim.http.post("/oauth/token/", data=given)).json()
                portal.access_token, portal.refresh_token = pair["access_token"], pair["refresh_token"]
                portal.refreshes += 1
        return tokens_pb2.RefreshAccessTokenResponse(token=_token(portal))

    async def ConfirmEndpoint(  # noqa: N802 - the proto's name
        self, request: tokens_pb2.ConfirmEndpointRequest, _context: Context
    ) -> tokens_pb2.ConfirmEndpointResponse:
        portal = self.portals[request.portal_id]
        portal.sim = await self._sim.control("GET", f"/portals/{portal.sim['member_id']}")
        return tokens_pb2.ConfirmEndpointResponse(client_endpoint=portal.sim["client_endpoint"])


def _token(portal: Portal) -> tokens_pb2.AccessToken:
    return tokens_pb2.AccessToken(
        access_token=portal.access_token,
        generation=portal.refreshes + 1,
        client_endpoint=portal.sim["client_endpoint"],
        bot_id=portal.bot_id,
        bot_api=portal_pb2.BOT_API_V1 if portal.is_classic else portal_pb2.BOT_API_V2,
        expires_at=Timestamp(seconds=2_000_000_000),
        member_id=portal.sim["member_id"],
    )


@dataclass
class Service:
    """The context as messaging and its own worker use it."""

    engine: AsyncEngine
    clock: Any
    sim: Sim
    context: PortalContext
    stub: Any
    diagnosis: Any
    lanes: Lanes
    other_lanes: Lanes
    changes: PortalChanges
    redis: Redis

    async def portal(self, *, bots_v2: bool = True) -> Portal:
        made = await self.sim.portal(limits="off", installed=True, users_count=6, bots_v2=bots_v2)
        url = "http://127.0.0.1:1/events"
        bot_id = await (self.sim.bot(made, url) if bots_v2 else self._classic_bot(made, url))
        portal = Portal(
            made, made["admin"]["access_token"], made["admin"]["refresh_token"], bot_id, is_classic=not bots_v2
        )
        self.context.portals[str(portal.id)] = portal
        return portal

    async def _classic_bot(self, made: dict[str, Any], url: str) -> int:
        handlers = dict.fromkeys(("EVENT_MESSAGE_ADD", "EVENT_WELCOME_MESSAGE", "EVENT_BOT_DELETE"), url)
        asked = {"CODE": "teachbase_ai_assistant", "PROPERTIES": {"NAME": "Teachbase AI"}, **handlers}
        return int(await self.sim.result(made, "imbot.register", **asked))

    async def enqueue(self, *messages: pb.OutboundMessage) -> int:
        answer: pb.EnqueueResponse = await self.stub.Enqueue(pb.EnqueueRequest(messages=messages))
        return answer.accepted

    async def work(self) -> int:
        """Serve the lanes that are due until none is; how many turns were taken."""
        turns = 0
        while held := await self.lanes.claim(10):
            turns += len(held)
            assert turns < 50, "a lane comes back at once and for ever"
            await asyncio.gather(*map(self.lanes.take_turn, held))
        return turns

    async def item(self, message: pb.OutboundMessage) -> pb.OutboxItem:
        return (await self._get(message)).item

    async def attempts(self, message: pb.OutboundMessage) -> list[tuple[str, int, str]]:
        return [(one.outcome, one.status, one.code) for one in (await self._get(message)).attempts_log]

    async def _get(self, message: pb.OutboundMessage) -> pb.GetOutboxItemResponse:
        found: pb.GetOutboxItemResponse = await self.stub.GetOutboxItem(pb.GetOutboxItemRequest(id=message.id))
        return found

    async def seen(self, portal: Portal, dialog_id: str = "2") -> list[str]:
        shown = await self.sim.seen(portal.sim, dialog_id=dialog_id)
        return [one["text"] for one in shown if one["from_bot"]]

    async def break_it(self, portal: Portal, kind: str, count: int | None = 1, **more: Any) -> None:
        fault = {"method": "imbot.v2.Chat.Message.send", "kind": kind, "count": count, **more}
        await self.sim.control("PUT", f"/portals/{portal.sim['member_id']}/faults", [fault])

    async def fill(self, portal: Portal, share: float) -> None:
        """Have a portal's bucket be full to a share of its size, for long."""
        member_id, (seconds, micros) = portal.sim["member_id"], await self.redis.time()
        budget = {"rate": "0.01", "burst": "100"}
        level = {"level": str(share * 100), "at": seconds * 1000 + micros // 1000}
        for key, fields in ((limiter.BUDGET_KEY, budget), (limiter.KEY, level)):
            await self.redis.hset(key.format(member_id=member_id), mapping=fields)  # type: ignore[misc] # one client

    async def tell(self, portal: Portal, state: Any) -> None:
        change = feed_pb2.PortalChange(portal_id=str(portal.id), state=state)
        await self.changes.apply(feed_pb2.WatchPortalsResponse(changes=[change], cursor=next(cursors)))

    async def rows(self, sql: str, **params: Any) -> list[Any]:
        async with self.engine.connect() as conn:
            return list((await conn.execute(text(sql), params)).all())

    async def lane(self, portal: Portal) -> Any:
        async with self.engine.connect() as conn:
            return (await conn.execute(text("SELECT * FROM lanes WHERE portal_id = :id"), {"id": portal.id})).one()


def message(portal: Portal, body: str, dialog_id: str = "2", part: int = 0) -> pb.OutboundMessage:
    return pb.OutboundMessage(
        id=str(ids.uuid7()),
        portal_id=str(portal.id),
        dialog_id=str(portal.dialogs.setdefault(dialog_id, uuid4())),
        provider_dialog_id=dialog_id,
        part=part,
        body=body,
        priority=pb.PRIORITY_INTERACTIVE,
        trace_id=ids.uuid7().hex,
    )


@pytest.fixture
def message_of() -> Any:
    return message


@pytest.fixture(scope="session")
async def app(dsns: dict[str, str], redis_url: str) -> AsyncIterator[App]:
    app = App(Settings(secret_keys="-", database_dsn=dsns["delivery"], redis_url=redis_url))
    await app.partitions.ensure()
    yield app
    await app.close()


@pytest.fixture(scope="session")
async def sim() -> AsyncIterator[Sim]:
    async with simulator(FakeClock()) as sim:
        yield sim


@pytest.fixture(scope="session")
async def client(sim: Sim) -> AsyncIterator[BitrixClient]:
    policy = EndpointPolicy([urlsplit(sim.url).netloc])
    pool: http.Pool = http.client(policy)
    yield BitrixClient(pool, policy)
    await pool.aclose()


@pytest.fixture(scope="session")
async def waker(dsns: dict[str, str]) -> AsyncIterator[Waker]:
    waker = Waker(dsns["delivery"], outcomes.FEED)
    task = asyncio.create_task(waker.run())
    yield waker
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def service(
    app: App, sim: Sim, client: BitrixClient, waker: Waker, clock: Any, redis_url: str
) -> AsyncIterator[Service]:
    context = PortalContext(sim)  # type: ignore[abstract] # what is not asked for stays UNIMPLEMENTED
    neighbour, server = Server("127.0.0.1:0"), Server("127.0.0.1:0")
    neighbour.add(
        service_pb2_grpc.add_PortalServiceServicer_to_server, context, "teachbase.portal.v1.PortalService"
    )
    server.add(
        diagnosis_pb2_grpc.add_DiagnosisServiceServicer_to_server,
        DiagnosisServicer(Diagnoses(app.engine, app.bell, clock)),
        "teachbase.delivery.v1.DiagnosisService",
    )
    await neighbour.start()
    redis = Redis.from_url(redis_url)
    rest = Rest(client, Limiter(Shared(redis), Budget(rate=1000, burst=1000)), Breaker(Shared(redis)))
    async with channel(f"127.0.0.1:{neighbour.port}") as peer, AsyncExitStack() as stack:
        server.add(
            delivery_pb2_grpc.add_DeliveryServiceServicer_to_server,
            DeliveryServicer(
                Outbox(app.engine, app.bell, clock),
                DeadLetters(app.engine, app.bell, clock),
                TypingSign(PortalClient(peer), rest),
                waker,
            ),
            "teachbase.delivery.v1.DeliveryService",
        )
        await server.start()
        own = await stack.enter_async_context(channel(f"127.0.0.1:{server.port}"))

        def worker() -> tuple[Lanes, PortalClient]:
            portal = PortalClient(peer)
            settlement = Settlement(app.engine, clock)
            return Lanes(app.engine, portal, Turns(Sender(rest, clock)), settlement, clock), portal

        (lanes, portal), (other_lanes, _) = worker(), worker()
        yield Service(
            engine=app.engine,
            clock=clock,
            sim=sim,
            context=context,
            stub=delivery_pb2_grpc.DeliveryServiceStub(own),
            diagnosis=diagnosis_pb2_grpc.DiagnosisServiceStub(own),
            lanes=lanes,
            other_lanes=other_lanes,
            changes=PortalChanges(app.engine, portal, clock),
            redis=redis,
        )
    async with app.engine.begin() as conn:  # a claim sees every lane: leave none due to the next test
        await conn.execute(text("UPDATE lanes SET due_at = NULL"))
    await redis.aclose()
    await server.stop(0)
    await neighbour.stop(0)
