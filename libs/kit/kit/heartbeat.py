"""Workers tell in Redis that they live and what they are at. Where Redis forgets it they work on, unseen."""

import asyncio
import contextlib
import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from kit import work
from kit.clock import utc_now

KEY = "workers"
"""Hash `<name>:<host>:<pid>` -> what that worker told last."""
EVERY_S = 3.0
LOST_AFTER = timedelta(seconds=12)
"""Without a word from it a worker is lost: killed, frozen, or cut off from Redis."""
_FORGOTTEN_AFTER = timedelta(minutes=10)
_TIMEOUT_S = 1.0


@dataclass(frozen=True)
class Beat:
    """What a worker told last."""

    name: str
    host: str
    pid: int
    started_at: datetime
    heartbeat_at: datetime
    current_job: str
    """What it has been at for the longest, "" where it waits for work."""
    since: datetime
    """When it began that, or its waiting."""

    def state(self, now: datetime) -> str:
        """Return working, idle or lost."""
        if now - self.heartbeat_at > LOST_AFTER:
            return "lost"
        return "working" if self.current_job else "idle"


async def beat(redis_url: str, name: str) -> None:
    """Tell every EVERY_S that this process lives, until cancelled; then take the word back."""
    redis = connect(redis_url)
    field, started_at = f"{name}:{socket.gethostname()}:{os.getpid()}", utc_now()
    idle_since = started_at
    try:
        while True:
            current, now = work.current(), utc_now()
            idle_since = now if current else idle_since
            told = {
                "started_at": started_at,
                "heartbeat_at": now,
                "current_job": current.name if current else "",
                "since": current.since if current else idle_since,
            }
            await _try(redis.hset(KEY, field, orjson.dumps(told).decode()))
            await asyncio.sleep(EVERY_S)
    finally:
        await _try(redis.hdel(KEY, field))
        await redis.aclose()


async def read(redis: Redis, now: datetime) -> list[Beat]:
    """Return what workers told, by name; forget those that were lost long ago. Raises RedisError, OSError."""
    asked: Any = redis.hgetall(KEY)  # one signature for clients of both kinds; this one is asynchronous
    async with asyncio.timeout(_TIMEOUT_S):
        found = {_text(field): orjson.loads(told) for field, told in (await asked).items()}
    beats = {field: _beat(field, told) for field, told in found.items()}
    gone = [field for field, one in beats.items() if now - one.heartbeat_at > _FORGOTTEN_AFTER]
    if gone:
        await _try(redis.hdel(KEY, *gone))
    return [beats[field] for field in sorted(beats.keys() - set(gone))]


def connect(redis_url: str) -> Redis:
    """Return a client that gives up soon."""
    client: Redis = Redis.from_url(redis_url, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S)
    return client


async def _try(told: Any) -> None:
    with contextlib.suppress(RedisError, OSError, TimeoutError):
        async with asyncio.timeout(_TIMEOUT_S):
            await told


def _beat(field: str, told: dict[str, str]) -> Beat:
    name, _, rest = field.partition(":")
    host, _, pid = rest.rpartition(":")
    at = {key: datetime.fromisoformat(told[key]) for key in ("started_at", "heartbeat_at", "since")}
    return Beat(name, host, int(pid), current_job=told["current_job"], **at)


def _text(field: bytes | str) -> str:
    return field.decode() if isinstance(field, bytes) else field
