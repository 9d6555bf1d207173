"""Composition root: the cloud, its HTTP face and its life."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from b24sim import control, oauth, page
from b24sim.asgi import host_of, respond
from b24sim.clock import Clock
from b24sim.cloud import Cloud
from b24sim.config import Settings
from b24sim.events.sender import Sender
from b24sim.rest.endpoint import PortalRest
from b24sim.snapshot import Snapshots

PORTALS = "/portals/"
REST = "/rest/"
AUTHORIZE = "/oauth/authorize/"


@dataclass(frozen=True)
class Simulator:
    """The ASGI application: portals' REST by hand, everything else through Starlette."""

    cloud: Cloud
    rest: PortalRest
    site: Starlette

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, and end quietly."""
        try:
            await self.route(scope, receive, send)
        except asyncio.CancelledError:  # the server stops and somebody still hangs
            await respond(send, 503, b"{}")

    async def route(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Portals' REST passes the framework by: by path, or by Host where a proxy keeps the real names."""
        path = scope["path"] if scope["type"] == "http" else ""
        if path.startswith(PORTALS) and not path.endswith(AUTHORIZE):
            domain, _, method = path[len(PORTALS) :].partition("/rest/")
            await self.rest.serve(domain, method, scope, receive, send)
        elif path.startswith(REST) and (domain := host_of(scope)) in self.cloud.domains:
            await self.rest.serve(domain, path[len(REST) :], scope, receive, send)
        else:
            await self.site(scope, receive, send)


def build_app(settings: Settings, clock: Clock = time.time, seed: int | None = None) -> Simulator:
    """The simulator; `clock` gives unix seconds, `seed` fixes the chance of faults."""
    cloud = Cloud(settings, clock, Random(seed), Sender(clock))  # noqa: S311 - faults, not secrets
    snapshots = Snapshots(cloud, settings.state_file)

    @asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        snapshots.load()
        cloud.sender.open()
        snapshots.start()
        yield
        await cloud.sender.close()
        await snapshots.stop()

    routes: list[BaseRoute] = [
        Route("/health", health),
        Route(f"{PORTALS}{{domain}}{AUTHORIZE}", oauth.authorize),
        Route("/oauth/token/", oauth.token, methods=["GET", "POST"]),
        Route("/oauth/token", oauth.token, methods=["GET", "POST"]),
        Route("/rest/app.info", oauth.app_info, methods=["GET", "POST"]),
        Route("/rest/app.info/", oauth.app_info, methods=["GET", "POST"]),
        *control.ROUTES,
        *page.ROUTES,
    ]
    site = Starlette(routes=routes, lifespan=life, exception_handlers=control.EXCEPTION_HANDLERS)
    site.state.cloud = cloud
    return Simulator(cloud, PortalRest(cloud), site)


async def health(_request: Request) -> Response:
    """200 while the process lives."""
    return PlainTextResponse("ok")
