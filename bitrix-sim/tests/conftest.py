"""A simulator, and a product reduced to its ears."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from b24sim.testing import NOW, FakeClock, Sim, serving, simulator


@dataclass
class Product:
    """What the product under test heard: event bodies and installation posts, in order."""

    url: str = ""
    sim_url: str = ""
    bodies: list[bytes] = field(default_factory=list)
    posts: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def heard(self, count: int) -> list[bytes]:
        """The event bodies, once there are that many."""
        async with asyncio.timeout(5), self.arrived:
            await self.arrived.wait_for(lambda: len(self.bodies) >= count)
        return self.bodies

    async def events(self, request: Request) -> Response:
        async with self.arrived:
            self.bodies.append(await request.body())
            self.arrived.notify_all()
        return Response(status_code=self.status)

    async def complete(self, request: Request) -> Response:
        self.posts.append(dict(await request.form()))
        bot = {"status": "ok", "bot_id_present": True}
        return JSONResponse({"status": "ok", "portal_id": "p1", "portal_token": "t1", "bot": bot}, self.status)

    async def finalize(self, request: Request) -> Response:
        self.posts.append({"authorization": request.headers["authorization"], **await request.json()})
        return JSONResponse({"status": "ok"})

    async def page(self, request: Request) -> Response:
        self.posts.append({"path": request.url.path, **request.query_params, **(await request.form())})
        return HTMLResponse(PAGE.replace("SIM", self.sim_url))


PAGE = """<!doctype html><script src="SIM/api/v1/"></script><p id="said"></p><p id="picked"></p>
<button id="pick">pick</button><button id="fresh">fresh</button><button id="finish">finish</button>
<button id="tall">tall</button><script>
const say = (id, words) => document.getElementById(id).textContent = words;
BX24.init(() => {
  const auth = BX24.getAuth();
  const frame = [BX24.isAdmin(), BX24.getLang(), window.name.split("|")[0]];
  say("said", [auth.member_id, auth.access_token, ...frame].join(" "));
  pick.onclick = () => BX24.selectUsers((users) => say("picked", users.map((user) => user.id).join(" ")));
  fresh.onclick = () => BX24.refreshAuth((fresh) => say("picked", fresh.access_token));
  tall.onclick = () => { document.body.style.height = "3000px"; BX24.fitWindow(); };
  finish.onclick = () => BX24.installFinish();
});
</script>"""


@pytest.fixture(scope="session")
async def listening() -> AsyncIterator[Product]:
    heard = Product()
    site = Starlette(
        routes=[
            Route("/events", heard.events, methods=["POST"]),
            Route("/v1/bitrix/install", heard.page, methods=["POST"]),
            Route("/v1/bitrix/handler", heard.page, methods=["POST"]),
            Route("/v1/bitrix/install/complete", heard.complete, methods=["POST"]),
            Route("/v1/bitrix/install/finalize", heard.finalize, methods=["POST"]),
        ]
    )
    async with serving(lambda _: site) as url:
        heard.url = url
        yield heard


@pytest.fixture(scope="session")
async def running(listening: Product) -> AsyncIterator[tuple[Sim, FakeClock]]:
    clock = FakeClock()
    async with simulator(clock, listening.url) as sim:
        listening.sim_url = sim.url
        yield sim, clock


@pytest.fixture
def product(listening: Product) -> Product:
    listening.bodies.clear()
    listening.posts.clear()
    listening.status = 200
    return listening


@pytest.fixture
def clock(running: tuple[Sim, FakeClock]) -> FakeClock:
    running[1].now = NOW
    return running[1]


@pytest.fixture
async def sim(running: tuple[Sim, FakeClock], clock: FakeClock, product: Product) -> AsyncIterator[Sim]:  # noqa: ARG001 - both are reset
    """The one simulator of the session without a portal."""
    sim, _ = running
    yield sim
    for portal in (await sim.control("GET", "/portals"))["items"]:
        await sim.control("DELETE", f"/portals/{portal['member_id']}")
