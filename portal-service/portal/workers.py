"""The workers of all contexts, as they tell of themselves in Redis."""

from collections.abc import Callable
from datetime import datetime

from redis.asyncio import Redis
from redis.exceptions import RedisError

from kit import heartbeat
from kit.heartbeat import Beat
from portal.errors import RedisUnavailable


class Workers:
    """Lists workers."""

    def __init__(self, redis: Redis, now: Callable[[], datetime]) -> None:
        self._redis = redis
        self._now = now

    async def all(self) -> list[tuple[Beat, str]]:
        """Return what each told last, and its state. Raises RedisUnavailable."""
        now = self._now()
        try:
            beats = await heartbeat.read(self._redis, now)
        except (RedisError, OSError):  # TimeoutError is one
            raise RedisUnavailable from None
        return [(one, one.state(now)) for one in beats]
