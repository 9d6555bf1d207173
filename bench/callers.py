"""A client of Bitrix24 at work, a process of its own: `python -m bench.callers` reads a task and tells its end."""

import asyncio
import itertools
import json
import resource
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from importlib import import_module
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import uvloop
from b24pysdk import BitrixApp, BitrixToken, errors
from fast_bitrix24 import BitrixAsync
from redis.asyncio import Redis

from bitrix import http
from bitrix.breaker import Breaker
from bitrix.client import Answer, BitrixClient, Call, Credential
from bitrix.endpoint import EndpointPolicy
from bitrix.limiter import Budget, Limiter
from bitrix.rest import Rest
from bitrix.shared import Shared

BATCH = 50
SEND = "imbot.v2.Chat.Message.send"
UNLIMITED = 1_000_000

Make = Callable[[int], Awaitable[int]]
"""Make that many calls; gives how many of them succeeded."""


@dataclass(frozen=True)
class Task:
    """Who calls whom with what, for how long."""

    client: str
    method: str
    endpoint: str
    member_id: str
    token: str
    redis_url: str
    per_request: int
    """1 = each call by itself, else so many in a batch."""
    at_once: int
    """Requests under way."""
    seconds: float
    is_limited: bool
    """Whether the client keeps to the platform's limits, as it does by itself."""


@dataclass(frozen=True)
class Done:
    """What came of a task."""

    calls: int
    """That succeeded."""
    seconds: float
    cpu_s: float
    """Of the client's process, start-up not included."""


def params(task: Task, number: int) -> dict[str, Any]:
    """What the call of that number carries."""
    if task.method != SEND:
        return {}
    return {"botId": 812, "dialogId": "2", "fields": {"message": f"Ответ {number}: раздел «Мои курсы»."}}


@asynccontextmanager
async def ours(task: Task, numbers: "itertools.count[int]") -> AsyncIterator[Make]:
    """The client of this repository with a real Redis, its limiter and breaker at work."""
    credential = Credential(task.member_id, task.endpoint, task.token)

    class Tokens:
        async def get(self) -> Credential:
            return credential

        async def refresh_after(self, stale: Credential) -> Credential:
            return stale

        async def moved(self, stale: Credential, client_endpoint: str) -> Credential:
            raise NotImplementedError(client_endpoint, stale)

    redis = Redis.from_url(task.redis_url)
    policy = EndpointPolicy([urlsplit(task.endpoint).netloc])
    pool = http.client(policy)
    budget = Budget() if task.is_limited else Budget(UNLIMITED, UNLIMITED)
    rest = Rest(BitrixClient(pool, policy), Limiter(Shared(redis), budget), Breaker(Shared(redis)))
    tokens = Tokens()

    async def make(count: int) -> int:
        calls = [Call(task.method, params(task, next(numbers))) for _ in range(count)]
        if count == 1:
            await rest.call(tokens, calls[0], patience_s=60)
            return 1
        outcomes = await rest.batch(tokens, calls, patience_s=60)
        return sum(isinstance(outcome, Answer) for outcome in outcomes)

    yield make
    await pool.aclose()
    await redis.aclose()


@asynccontextmanager
async def b24pysdk(task: Task, numbers: "itertools.count[int]") -> AsyncIterator[Make]:
    """The official SDK, in threads. It knows only https; here it is spared what TLS would cost it."""
    calling: Any = import_module("b24pysdk.api.callers.call_method")
    calling._MethodCaller._base_url = property(lambda self: f"http://{self._domain}/rest")  # noqa: SLF001 - it has no setting
    app = BitrixApp(client_id="app.local.teachbase", client_secret="local-secret")
    domain = task.endpoint.removeprefix("http://").removesuffix("/rest/")
    token = BitrixToken(domain=domain, auth_token=task.token, refresh_token="", bitrix_app=app)
    threads = ThreadPoolExecutor(task.at_once)

    def make(calls: list[tuple[str, dict[str, Any]]]) -> int:
        try:
            if len(calls) == 1:
                token.call_method(*calls[0])
                return 1
            return len(token.call_batch(calls)["result"]["result"])
        except errors.BitrixAPIQueryLimitExceeded:
            return 0

    async def in_thread(count: int) -> int:
        calls = [(task.method, params(task, next(numbers))) for _ in range(count)]
        return await asyncio.get_running_loop().run_in_executor(threads, make, calls)

    yield in_thread
    threads.shutdown()


@asynccontextmanager
async def fast_bitrix24(task: Task, numbers: "itertools.count[int]") -> AsyncIterator[Make]:
    """fast_bitrix24 with a session that it may keep."""

    async def token() -> str:
        return task.token

    limits = {} if task.is_limited else {"request_pool_size": UNLIMITED, "requests_per_second": float(UNLIMITED)}
    async with aiohttp.ClientSession(raise_for_status=True) as session:
        client = BitrixAsync(
            task.endpoint,
            token,
            verbose=False,
            client=session,
            **limits,
        )

        async def make(count: int) -> int:
            if count == 1:
                await client.call(task.method, params(task, next(numbers)), raw=True)
                return 1
            # It gives None where a request of several was refused.
            return len(await client.call(task.method, [params(task, next(numbers)) for _ in range(count)]) or ())

        yield make


CLIENTS = {"ours": ours, "b24pysdk": b24pysdk, "fast_bitrix24": fast_bitrix24}


async def work(task: Task) -> Done:
    """Keep `at_once` requests under way for as long as the task says."""
    async with CLIENTS[task.client](task, itertools.count()) as make:
        await make(task.per_request)  # connected, and whatever is built once is built
        made = 0
        cpu, started = _cpu_s(), perf_counter()

        async def loop() -> None:
            nonlocal made
            while perf_counter() - started < task.seconds:
                succeeded = await make(task.per_request)
                made += succeeded

        await asyncio.gather(*(loop() for _ in range(task.at_once)))
        return Done(made, perf_counter() - started, _cpu_s() - cpu)


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    print(json.dumps(asdict(uvloop.run(work(Task(**json.load(sys.stdin)))))))
