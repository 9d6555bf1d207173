"""Delivery at work: its real processes, the simulator, and the portal context as a table of tokens."""

import asyncio
import functools
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
from google.protobuf.timestamp_pb2 import Timestamp

from b24sim.testing import Sim
from bench.system import Engines, run, server
from devstack.ports import next_free
from devstack.probes import grpc_serving, http_ok
from kit import ids
from kit.rpc import Context, channel
from kit.server import Server
from teachbase.delivery.v1 import delivery_pb2 as pb
from teachbase.delivery.v1.delivery_pb2_grpc import DeliveryServiceStub
from teachbase.portal.v1 import feed_pb2, portal_pb2, service_pb2_grpc, tokens_pb2

PLATFORM_LIMITS = {"rate": 2, "burst": 50}
_FAR = Timestamp(seconds=4_000_000_000)
_AT_ONCE = 16
_ENQUEUED_AT_ONCE = 1000


@dataclass(frozen=True)
class BenchPortal:
    """A portal of the simulator with its bot; `users` are the ids of its people."""

    member_id: str
    endpoint: str
    token: str
    bot_id: int
    users: int
    id: UUID = field(default_factory=uuid4)


class Tokens(service_pb2_grpc.PortalServiceServicer):
    """The portal context: hands out tokens that never expire, and has no news."""

    def __init__(self) -> None:
        self.portals: dict[str, BenchPortal] = {}

    async def GetAccessToken(  # noqa: N802 - the proto's name
        self, request: tokens_pb2.GetAccessTokenRequest, _context: Context
    ) -> tokens_pb2.GetAccessTokenResponse:
        """Return the token of a portal."""
        portal = self.portals[request.portal_id]
        return tokens_pb2.GetAccessTokenResponse(
            token=tokens_pb2.AccessToken(
                access_token=portal.token,
                generation=1,
                client_endpoint=portal.endpoint,
                bot_id=portal.bot_id,
                bot_api=portal_pb2.BOT_API_V2,
                expires_at=_FAR,
                member_id=portal.member_id,
            )
        )

    async def WatchPortals(  # noqa: N802 - the proto's name
        self, _request: feed_pb2.WatchPortalsRequest, _context: Context
    ) -> AsyncIterator[feed_pb2.WatchPortalsResponse]:
        """Say nothing, for as long as somebody listens."""
        await asyncio.Event().wait()
        yield feed_pb2.WatchPortalsResponse()


@dataclass(frozen=True)
class Stage:
    """Delivery and what it talks to."""

    sim: Sim
    tokens: Tokens
    delivery: Any
    """The stub of DeliveryService."""
    dsn: str
    processes: Mapping[str, int]
    """Everything at work: name -> pid."""

    async def portals(
        self, count: int, users: int, limits: Mapping[str, float] | str = "off"
    ) -> list[BenchPortal]:
        """Make portals, each with that many people."""
        free = asyncio.Semaphore(_AT_ONCE)

        async def one() -> BenchPortal:
            async with free:
                domain = f"p{uuid4().hex}.b24.test"
                made = await self.sim.portal(domain=domain, installed=True, limits="off", users_count=users)
                bot_id = await self.sim.bot(made, "http://127.0.0.1:1/events")
                await self.sim.control("PUT", f"/portals/{made['member_id']}/limits", limits)
            token = made["admin"]["access_token"]
            return BenchPortal(made["member_id"], made["client_endpoint"], token, bot_id, users)

        found = await asyncio.gather(*(one() for _ in range(count)))
        self.tokens.portals |= {str(portal.id): portal for portal in found}
        return list(found)

    async def enqueue(self, messages: Sequence[pb.OutboundMessage]) -> None:
        """Hand messages over to delivery."""
        for start in range(0, len(messages), _ENQUEUED_AT_ONCE):
            await self.delivery.Enqueue(
                pb.EnqueueRequest(messages=messages[start : start + _ENQUEUED_AT_ONCE]), timeout=30
            )

    async def sent(self, portals: Sequence[BenchPortal], count: int, seconds: float) -> list[float]:
        """Return for how long (s) each message of portals was on its way, when `count` are sent."""
        session = await asyncpg.connect(self.dsn)
        found, wanted = "FROM outbox WHERE portal_id = ANY($1) AND state = 'sent'", [p.id for p in portals]
        try:
            async with asyncio.timeout(seconds):
                # Rows are fetched once at the end: it is delivery that is measured, not who asks.
                while await session.fetchval(f"SELECT count(*) {found}", wanted) < count:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
                rows = await session.fetch(
                    f"SELECT extract(epoch FROM sent_at - created_at)::float AS took {found}", wanted
                )
                return [row["took"] for row in rows]
        finally:
            await session.close()

    async def violations(self) -> int:
        """Return how many requests were refused so far because their portal's bucket was full."""
        return int((await self.sim.control("GET", "/stats"))["violations"])


def message(portal: BenchPortal, number: int, priority: Any = pb.PRIORITY_INTERACTIVE) -> pb.OutboundMessage:
    """A message in the private dialog of one of a portal's people, in turn."""
    user = str(number % portal.users + 1)
    return pb.OutboundMessage(
        id=str(ids.uuid7()),
        portal_id=str(portal.id),
        dialog_id=str(UUID(int=portal.id.int ^ int(user))),
        provider_dialog_id=user,
        body=f"Ответ номер {number}: отпуск двадцать восемь дней.",
        priority=priority,
        trace_id=ids.uuid7().hex,
    )


@asynccontextmanager
async def stage(engines: Engines) -> AsyncIterator[Stage]:
    """Start the simulator, delivery's two processes and the table of tokens."""
    sim_port, folder = next_free(0), engines.folder
    url = f"http://127.0.0.1:{sim_port}"
    tokens = Tokens()  # type: ignore[abstract] # the rest is UNIMPLEMENTED
    neighbour = Server("127.0.0.1:0")
    neighbour.add(
        service_pb2_grpc.add_PortalServiceServicer_to_server, tokens, "teachbase.portal.v1.PortalService"
    )
    await neighbour.start()
    address = f"127.0.0.1:{next_free(0)}"
    env = {
        "TB_SECRET_KEYS": "-",
        "TB_DATABASE_DSN": engines.dsns["delivery"],
        "TB_REDIS_URL": engines.redis_url,
        "TB_DELIVERY_GRPC": address,
        "TB_PORTAL_GRPC": f"127.0.0.1:{neighbour.port}",
        "TB_BITRIX_OAUTH_URL": url,
        "GRPC_VERBOSITY": "ERROR",
    }
    await run(["delivery", "migrate"], env, folder / "migrate.log")
    for_sim = {"TB_SIM_PORT": str(sim_port), "TB_RUN_DIR": str(folder)}
    answers = functools.partial(http_ok, sim_port, "/control/stats")
    serving = functools.partial(grpc_serving, address)
    async with (
        server("simulator", ["b24sim"], for_sim, folder / "simulator.log", answers) as simulator,
        server("delivery", ["delivery", "serve"], env, folder / "delivery.log", serving) as serve,
        server("worker", ["delivery", "work"], env, folder / "worker.log", serving) as worker,
        httpx.AsyncClient(base_url=url, timeout=60) as http,
        channel(address) as own,
    ):
        processes = {"worker": worker, "serve": serve, "simulator": simulator, **engines.processes}
        yield Stage(Sim(http, url), tokens, DeliveryServiceStub(own), engines.dsns["delivery"], processes)
    await neighbour.stop(0)
