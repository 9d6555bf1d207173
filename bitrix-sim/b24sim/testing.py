"""The simulator inside a test: on a free loopback port, with a clock that moves only when told."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from starlette.types import ASGIApp

from b24sim.app import build_app
from b24sim.clock import Clock
from b24sim.config import Settings
from b24sim.server import build_server

NOW = 1_790_000_000.0


@dataclass
class FakeClock:
    """Unix seconds that move only when told."""

    now: float = NOW

    def __call__(self) -> float:
        """The moment set."""
        return self.now


@dataclass(frozen=True)
class Sim:
    """A running simulator and the way to talk to it."""

    http: httpx.AsyncClient
    url: str

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        """A control call that must succeed; `path` begins after /control."""
        answer = await self.http.request(method, f"/control{path}", json=body)
        if answer.status_code >= 300:
            raise AssertionError(f"{method} {path} answered {answer.status_code}: {answer.text}")
        return answer.json() if answer.content else None

    async def portal(self, **asked: Any) -> dict[str, Any]:
        """A new portal, as `POST /control/portals` answers."""
        portal: dict[str, Any] = await self.control("POST", "/portals", asked)
        return portal

    async def call(self, portal: dict[str, Any], method: str, **params: Any) -> httpx.Response:
        """A REST call with the token of the portal's admin, whatever comes of it."""
        body = {"auth": portal["admin"]["access_token"], **params}
        return await self.http.post(portal["client_endpoint"] + method, json=body)

    async def result(self, portal: dict[str, Any], method: str, **params: Any) -> Any:
        """The `result` of a REST call that must succeed."""
        answer = await self.call(portal, method, **params)
        if answer.status_code != 200:
            raise AssertionError(f"{method} answered {answer.status_code}: {answer.text}")
        return answer.json()["result"]

    async def bot(self, portal: dict[str, Any], url: str, **fields: Any) -> int:
        """The id of a new v2 bot that listens at `url`."""
        properties = {"name": "Teachbase AI"}
        given = {
            "code": "teachbase_ai_assistant",
            "properties": properties,
            "eventMode": "webhook",
            "webhookUrl": url,
        }
        answer = await self.result(portal, "imbot.v2.Bot.register", fields={**given, **fields})
        return int(answer["bot"]["id"])

    async def say(self, portal: dict[str, Any], user_id: int, text: str, **options: Any) -> Any:
        """A person writes to the bot; `options` are those of `POST .../messages`."""
        body = {"user_id": user_id, "text": text, **options}
        return await self.control("POST", f"/portals/{portal['member_id']}/messages", body)

    async def seen(self, portal: dict[str, Any], **query: Any) -> list[dict[str, Any]]:
        """The visible messages of the portal or of one dialog."""
        answer = await self.http.get(f"/control/portals/{portal['member_id']}/messages", params=query)
        items: list[dict[str, Any]] = answer.json()["items"]
        return items


@asynccontextmanager
async def serving(build: Callable[[str], ASGIApp], certificate: str | None = None) -> AsyncIterator[str]:
    """Serve what `build` makes for its own address on a free loopback port; gives the address."""
    # the protocol is named: without it the event loop leaves Nagle on, and every answer waits 40 ms
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        url = f"{'https' if certificate else 'http'}://127.0.0.1:{listener.getsockname()[1]}"
        server = build_server(build(url), "127.0.0.1", 0, certificate)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:  # noqa: ASYNC110 - uvicorn tells of its start by this flag alone
            await asyncio.sleep(0.005)
        try:
            yield url
        finally:
            server.should_exit = True
            await task


@asynccontextmanager
async def simulator(clock: Clock, product_url: str = "", state_file: Path | None = None) -> AsyncIterator[Sim]:
    """A running simulator; `product_url` is what `POST .../install` talks to."""

    def build(url: str) -> ASGIApp:
        return build_app(Settings(url=url, product_url=product_url, state_file=state_file), clock, seed=1)

    async with serving(build) as url, httpx.AsyncClient(base_url=url, timeout=10) as http:
        yield Sim(http, url)
