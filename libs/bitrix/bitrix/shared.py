"""What all processes know together, kept in Redis, and doing without while Redis is away or hangs."""

import asyncio
import time
from collections.abc import Awaitable
from typing import TypeVar

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.get_logger("shared")

T = TypeVar("T")
TIMEOUT_S = 0.25
"""How long Redis may take: many calls wait for it at once, and each for as long."""
AWAY_S = 5.0
"""For how long it is not asked again after it failed."""


class Shared:
    """The Redis of limiter and breaker. One per process, so that what one learns spares the others its wait."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self._away_until = 0.0

    async def ask(self, question: Awaitable[T]) -> T | None:
        """Return Redis's answer, None while it is away. The question is not asked then."""
        if time.monotonic() < self._away_until:
            if asyncio.iscoroutine(question):
                question.close()
            return None
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await question
        except (RedisError, OSError) as error:  # TimeoutError is one
            self._away_until = time.monotonic() + AWAY_S
            log.warning("redis away", error=repr(error))
            return None
