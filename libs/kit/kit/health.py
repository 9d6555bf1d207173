"""A server's health follows what it depends on, each of which has a name of its own in the health protocol.

Postgres is vital: without it no service does anything, so all of them say NOT_SERVING. Redis is a doorbell and a
shared memory of limits: without it answers come later, so the services go on SERVING and only `redis` does not.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

import asyncpg
import structlog
from redis.asyncio import Redis

from kit.server import Server

log = structlog.get_logger("health")

POSTGRES, REDIS = "postgres", "redis"
_EVERY_S = 1.0
_TIMEOUT_S = 1.5


async def follow(server: Server, database_dsn: str, redis_url: str = "") -> None:
    """Ask the dependencies every second and say what they answer, until cancelled; no URL = no Redis."""
    # Connections of its own: a busy pool is not an absent database.
    postgres = _Postgres(database_dsn)
    redis = _redis(redis_url)

    async def vital(up: bool) -> None:
        await server.tell(POSTGRES, serving=up)
        await server.tell_all(serving=up)

    async def useful(up: bool) -> None:
        await server.tell(REDIS, serving=up)

    try:
        await asyncio.gather(
            _watch(POSTGRES, postgres.ask, vital),
            *([_watch(REDIS, redis.ping, useful)] if redis else []),
        )
    finally:
        postgres.drop()
        if redis:
            await redis.aclose()


def _redis(url: str) -> Redis | None:
    return Redis.from_url(url, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S) if url else None


async def _watch(name: str, ask: Callable[[], Awaitable[object]], tell: Callable[[bool], Awaitable[None]]) -> None:
    was: bool | None = None
    while True:
        began = time.monotonic()
        up, why = True, ""
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                await ask()
        except Exception as error:  # noqa: BLE001 - whatever came instead of an answer must not end the server
            up, why = False, repr(error)
        if up is not was:
            log.info("dependency", name=name, up=up, why=why)
            await tell(up)
            was = up
        await asyncio.sleep(max(0.0, began + _EVERY_S - time.monotonic()))


class _Postgres:
    """One connection, made again after it failed."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._conn: asyncpg.Connection | None = None

    async def ask(self) -> None:
        """Have an answer. Raises what came between."""
        try:
            if self._conn is None:
                self._conn = await asyncpg.connect(self._dsn)
            await self._conn.execute("SELECT 1")
        except BaseException:
            self.drop()
            raise

    def drop(self) -> None:
        """Let go without a farewell, which a server that hangs would not take."""
        if self._conn is not None:
            self._conn.terminate()
            self._conn = None
