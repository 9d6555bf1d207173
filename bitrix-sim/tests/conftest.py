"""A simulator, and a product reduced to its ears."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from b24sim.testing import FakeClock, Sim, serving, simulator


@dataclass
class Product:
    """What the product under test heard: event bodies and installation posts, in order."""

    url: str = ""
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


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def product() -> AsyncIterator[Product]:
    heard = Product()
    site = Starlette(
        routes=[
            Route("/events", heard.events, methods=["POST"]),
            Route("/v1/bitrix/install/complete", heard.complete, methods=["POST"]),
            Route("/v1/bitrix/install/finalize", heard.finalize, methods=["POST"]),
        ]
    )
    async with serving(lambda _: site) as url:
        heard.url = url
        yield heard


@pytest.fixture
async def sim(clock: FakeClock, product: Product) -> AsyncIterator[Sim]:
    async with simulator(clock, product.url) as running:
        yield running
