"""A Redis, a simulator with the real clock, and the tokens of its portals kept as portal-service keeps them."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from redis.asyncio import Redis

from b24sim.testing import Sim, simulator
from bitrix import http
from bitrix.breaker import Breaker
from bitrix.client import BitrixClient, Credential
from bitrix.endpoint import EndpointPolicy
from bitrix.limiter import Budget, Limiter
from bitrix.oauth import OAuthServer
from bitrix.rest import Rest
from bitrix.shared import Shared


@dataclass
class KeptTokens:
    """One portal's credential; the first to ask refreshes, the others find what it stored."""

    credential: Credential
    refresh_token: str
    oauth: OAuthServer
    asked: list[str] = field(default_factory=list)
    """The tokens that were said to be stale."""
    refreshes: int = 0
    moves: list[str] = field(default_factory=list)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def get(self) -> Credential:
        return self.credential

    async def refresh_after(self, stale: Credential) -> Credential:
        self.asked.append(stale.access_token)
        async with self.lock:
            if self.credential.access_token == stale.access_token:
                self.refreshes += 1
                pair = await self.oauth.refresh(self.refresh_token, "")
                self.credential = replace(self.credential, access_token=pair.access_token)
                self.refresh_token = pair.refresh_token
        return self.credential

    async def moved(self, stale: Credential, client_endpoint: str) -> Credential:
        self.moves.append(client_endpoint)
        info = await self.oauth.app_info(stale.access_token, "")
        self.credential = replace(self.credential, client_endpoint=info.client_endpoint)
        return self.credential


@dataclass
class World:
    """A simulator and one of our processes that calls it."""

    sim: Sim
    redis: Redis
    pool: http.Pool
    client: BitrixClient
    oauth: OAuthServer

    def rest(self, budget: Budget) -> Rest:
        return Rest(self.client, Limiter(Shared(self.redis), budget), Breaker(Shared(self.redis)))

    async def portal(self, **asked: Any) -> tuple[dict[str, Any], KeptTokens]:
        """A portal with a bot that may write to user 2."""
        made = await self.sim.portal(installed=True, **asked)
        admin = made["admin"]
        await self.sim.control("PUT", f"/portals/{made['member_id']}/limits", "off")
        await self.sim.bot(made, "http://127.0.0.1:1/events")
        if "limits" in asked:
            await self.sim.control("PUT", f"/portals/{made['member_id']}/limits", asked["limits"])
        credential = Credential(made["member_id"], made["client_endpoint"], admin["access_token"])
        return made, KeptTokens(credential, admin["refresh_token"], self.oauth)

    async def requests(self, portal: dict[str, Any], method: str) -> list[dict[str, Any]]:
        """The requests for a method that the portal logged, oldest first or not."""
        answer = await self.sim.http.get(f"/control/portals/{portal['member_id']}/requests?limit=2000")
        return [item for item in answer.json()["items"] if item["method"] == method.lower()]

    async def violations(self, portal: dict[str, Any]) -> int:
        answer = await self.sim.http.get(f"/control/portals/{portal['member_id']}/violations")
        return int(answer.json()["total"])


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    redis = Redis.from_url(redis_url)
    yield redis
    await redis.aclose()


@pytest.fixture(scope="session")
async def world(redis_url: str) -> AsyncIterator[World]:
    redis = Redis.from_url(redis_url)
    async with simulator(time.time) as sim:
        policy = EndpointPolicy([urlsplit(sim.url).netloc])
        pool = http.client(policy)
        pool.timeout = aiohttp.ClientTimeout(sock_connect=0.5, sock_read=0.5)
        oauth = OAuthServer(pool, policy, sim.url, "app.local.teachbase", "local-secret")
        yield World(sim, redis, pool, BitrixClient(pool, policy), oauth)
        await pool.aclose()
    await redis.aclose()
