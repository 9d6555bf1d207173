"""Failures of strangers, counted by who they are: after a few, a lock that grows with each further one.

Counted in Redis for all processes together; while it is away each process counts for itself, so it never stops.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.get_logger("attempts")

FAILURES = "portal:attempts:{name}:{key}:failures"
"""How often a key failed since it last paused for MEMORY."""
LOCKED_UNTIL = "portal:attempts:{name}:{key}:locked"
"""Unix moment until which a key is locked."""
MEMORY = timedelta(minutes=15)
MAX_LOCK_S = 60
_MAX_KEPT = 10_000
_AWAY_S = 5.0


def source_of(remote_ip: str) -> str:
    """Return what failures of an address count against: of IPv6 the whole /64, which is one customer's."""
    try:
        address = ip_address(remote_ip)
    except ValueError:
        return remote_ip
    if isinstance(address, IPv6Address) and not address.ipv4_mapped:
        return str(ip_network((address, 64), strict=False))
    return remote_ip


@dataclass
class _Kept:
    failures: int = 0
    locked_until: float = 0.0
    forget_at: float = 0.0


class Attempts:
    """Counts the failures of one kind of attempt; the first `free` ones in a row cost nothing."""

    def __init__(self, redis: Redis, name: str, free: int, now: Callable[[], datetime]) -> None:
        self._redis = redis
        self._name = name
        self._free = free
        self._now = now
        self._local: dict[str, _Kept] = {}
        self._away_until = 0.0

    async def locked_s(self, key: str) -> int:
        """Return for how many seconds more a key is locked; 0 = it is not."""
        until = self._local[key].locked_until if key in self._local else 0.0
        if self._has_redis():
            try:
                until = max(until, float(await self._redis.get(self._key(LOCKED_UNTIL, key)) or 0))
            except (RedisError, OSError) as error:
                self._redis_is_away(error)
        left = until - self._now().timestamp()
        return min(int(left) + 1, MAX_LOCK_S) if left > 0 else 0

    async def failed(self, key: str) -> int:
        """Count a failure. Returns for how many seconds the key is locked from now on."""
        if self._has_redis():
            try:
                return await self._count(key)
            except (RedisError, OSError) as error:
                self._redis_is_away(error)
        return self._count_locally(key)

    async def forgive(self, key: str) -> None:
        """Forget the failures of a key that succeeded."""
        self._local.pop(key, None)
        if self._has_redis():
            try:
                await self._redis.delete(self._key(FAILURES, key), self._key(LOCKED_UNTIL, key))
            except (RedisError, OSError) as error:
                self._redis_is_away(error)

    async def _count(self, key: str) -> int:
        failures = int(await self._redis.incr(self._key(FAILURES, key)))
        await self._redis.expire(self._key(FAILURES, key), MEMORY)
        lock_s = self._lock_s(failures)
        if lock_s:
            until = self._now().timestamp() + lock_s
            await self._redis.set(self._key(LOCKED_UNTIL, key), until, ex=MEMORY)
        return lock_s

    def _count_locally(self, key: str) -> int:
        now = self._now().timestamp()
        if len(self._local) >= _MAX_KEPT:
            self._local = {one: kept for one, kept in self._local.items() if kept.locked_until > now}
        kept = self._local.get(key)
        if kept is None or kept.forget_at < now:
            kept = self._local[key] = _Kept()
        kept.failures += 1
        kept.forget_at = now + MEMORY.total_seconds()
        lock_s = self._lock_s(kept.failures)
        kept.locked_until = now + lock_s
        return lock_s

    def _lock_s(self, failures: int) -> int:
        over = failures - self._free
        return int(min(2 ** min(over, 10), MAX_LOCK_S)) if over >= 0 else 0

    def _key(self, shape: str, key: str) -> str:
        return shape.format(name=self._name, key=key)

    def _has_redis(self) -> bool:
        return time.monotonic() >= self._away_until

    def _redis_is_away(self, error: Exception) -> None:
        # Each question to a Redis that hangs costs its timeout.
        self._away_until = time.monotonic() + _AWAY_S
        log.warning("counting alone", name=self._name, error=repr(error))
