"""A server's health while its Postgres and its Redis come and go."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from kit import health
from kit.rpc import channel
from kit.server import Server


class Wire:
    """A way to an engine that can be cut, and that can go silent."""

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url)
        self._open = asyncio.Event()
        self._open.set()
        self._ends: list[asyncio.StreamWriter] = []

    async def lay(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", port)
        self.port: int = self._server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        self._server.close()
        for end in self._ends:
            end.transport.abort()
        self._ends.clear()

    def silence(self, *, silent: bool) -> None:
        self._open.clear() if silent else self._open.set()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(self._target.hostname, self._target.port)
        self._ends += [writer, back]
        await asyncio.gather(self._pump(reader, back), self._pump(there, writer))

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                await self._open.wait()
                sink.write(data)
        except OSError:
            pass
        sink.transport.abort()


class Watched:
    """A server that is followed, and what it says of a name."""

    def __init__(self, stub: Any, postgres: Wire, redis: Wire) -> None:
        self._stub, self.postgres, self.redis = stub, postgres, redis

    async def says(self, name: str) -> bool:
        answer = await self._stub.Check(health_pb2.HealthCheckRequest(service=name))
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    async def until(self, **expected: bool) -> None:
        """`whole` is the server itself."""
        async with asyncio.timeout(8):
            for name, state in expected.items():
                await until(partial(self.says, "" if name == "whole" else name), state)


async def until(ask: Callable[[], Awaitable[bool]], state: bool) -> None:
    while await ask() is not state:  # noqa: ASYNC110 - what is waited for is told over the wire
        await asyncio.sleep(0.05)


@pytest.fixture
async def watched(kit_dsn: str, redis_url: str) -> AsyncIterator[Watched]:
    postgres, redis = Wire(kit_dsn), Wire(redis_url)
    await postgres.lay()
    await redis.lay()
    server = Server("127.0.0.1:0")
    await server.start()
    dsn = kit_dsn.replace(f":{urlsplit(kit_dsn).port}/", f":{postgres.port}/")
    following = asyncio.create_task(health.follow(server, dsn, f"redis://127.0.0.1:{redis.port}/0"))
    async with channel(f"127.0.0.1:{server.port}") as own:
        found = Watched(health_pb2_grpc.HealthStub(own), postgres, redis)
        for name in (health.POSTGRES, health.REDIS):
            async with asyncio.timeout(5):
                await until(partial(known, found, name), True)
        yield found
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await server.stop(0)
    postgres.cut()
    redis.cut()


async def known(watched: Watched, name: str) -> bool:
    try:
        return await watched.says(name)
    except grpc.aio.AioRpcError:
        return False


async def test_all_serves_while_both_answer(watched: Watched) -> None:
    await watched.until(postgres=True, redis=True, whole=True)


async def test_without_postgres_nothing_serves_till_it_is_back(watched: Watched) -> None:
    watched.postgres.cut()
    await watched.until(postgres=False, whole=False)
    assert await watched.says(health.REDIS)

    await watched.postgres.lay(watched.postgres.port)

    await watched.until(postgres=True, whole=True)


async def test_a_postgres_that_takes_connections_and_is_silent_is_away(watched: Watched) -> None:
    watched.postgres.silence(silent=True)
    await watched.until(postgres=False, whole=False)

    watched.postgres.silence(silent=False)

    await watched.until(postgres=True, whole=True)


async def test_without_redis_the_server_serves_and_says_what_it_lacks(watched: Watched) -> None:
    watched.redis.cut()
    await watched.until(redis=False)
    assert await watched.says("")

    await watched.redis.lay(watched.redis.port)

    await watched.until(redis=True, whole=True)


async def test_a_silent_redis_is_away(watched: Watched) -> None:
    watched.redis.silence(silent=True)
    await watched.until(redis=False, postgres=True, whole=True)

    watched.redis.silence(silent=False)

    await watched.until(redis=True)
