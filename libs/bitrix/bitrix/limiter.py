"""The rate budget of a portal: one leaky bucket in Redis, shared by every process (contract 3.4)."""

import asyncio
import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bitrix import metrics
from bitrix.decisions import failure
from bitrix.shared import Shared

KEY = "bitrix:bucket:{member_id}"
"""Hash {level, at}: how full the portal's bucket is, and when that was true (ms of Redis's clock)."""
BUDGET_KEY = "bitrix:budget:{member_id}"
"""Hash {rate, burst} of a portal whose budget is not the standard one."""
BRAKE_KEY = "bitrix:brake:{member_id}:{method}"
"""Exists while the method (lower case; `*` = all) of the portal has to rest."""

_TAKE = """
local now = redis.call('TIME')
now = now[1] * 1000 + math.floor(now[2] / 1000)
local rest = 0
for number = 3, #KEYS do
  rest = math.max(rest, redis.call('PTTL', KEYS[number]))
end
if rest > 0 then
  return {0, rest, 1}
end
local own = redis.call('HMGET', KEYS[2], 'rate', 'burst')
local rate = tonumber(own[1] or ARGV[1])
local burst = tonumber(own[2] or ARGV[2])
local state = redis.call('HMGET', KEYS[1], 'level', 'at')
local level = tonumber(state[1]) or 0
local at = tonumber(state[2]) or now
level = math.max(0, level - math.max(0, now - at) * rate / 1000)
local ceiling = math.max(1, burst * tonumber(ARGV[4]))
local granted = math.min(tonumber(ARGV[3]), math.floor(ceiling - level))
if granted < 1 then
  return {0, math.ceil((level + 1 - ceiling) * 1000 / rate), 0}
end
redis.call('HSET', KEYS[1], 'level', tostring(level + granted), 'at', math.max(now, at))
redis.call('PEXPIRE', KEYS[1], math.ceil(burst * 1000 / rate) + 1000)
return {granted, 0, 0}
"""

OPERATING_LIMIT_S = 420.0
"""Run time of a method in ten minutes; the platform's docs say 480, its core 420 (contract 3.4)."""
OPERATING_SHARE = 0.7
_EVERY_METHOD = "*"


class Priority(StrEnum):
    """Whose requests go first."""

    INTERACTIVE = "interactive"
    """Somebody waits for it."""
    WELCOME = "welcome"
    BULK = "bulk"
    TYPING = "typing"
    """Nobody misses it."""


_SHARE = {Priority.INTERACTIVE: 1.0, Priority.WELCOME: 0.6, Priority.BULK: 0.3, Priority.TYPING: 0.3}
"""Up to which level of the bucket each may fill it: what is above is kept for the more urgent."""


@dataclass(frozen=True)
class Budget:
    """Requests a second that drain, and how many may come at once. Kept a little under the platform's."""

    rate: float = 1.9
    burst: int = 45


ENTERPRISE = Budget(rate=4.75, burst=230)
"""For portals of the Enterprise plan, which the platform grants 5 a second and 250 (contract 3.4)."""


@dataclass(frozen=True)
class Grant:
    """How many requests may go now; when none, the seconds to wait before asking again.

    `is_braked`: not the bucket is full, but the method or the portal has to rest.
    """

    count: int
    wait_s: float
    is_braked: bool = False


class Limiter:
    """Takes from portals' buckets. While Redis is away a slower bucket of this process stands in."""

    def __init__(self, shared: Shared, budget: Budget) -> None:
        """Take the `budget` of portals that have none of their own."""
        self._shared = shared
        self._take = shared.redis.register_script(_TAKE)
        self._budget = budget
        self._local: dict[str, float] = {}

    async def take(
        self,
        member_id: str,
        wanted: int = 1,
        *,
        priority: Priority = Priority.INTERACTIVE,
        methods: Iterable[str] = (),
    ) -> Grant:
        """Take up to `wanted` requests of the portal's budget, for the methods named."""
        brakes = (
            BRAKE_KEY.format(member_id=member_id, method=method.lower()) for method in (_EVERY_METHOD, *methods)
        )
        taken = await self._shared.ask(
            self._take(
                keys=[KEY.format(member_id=member_id), BUDGET_KEY.format(member_id=member_id), *brakes],
                args=[self._budget.rate, self._budget.burst, wanted, _SHARE[priority]],
            )
        )
        if taken is None:
            return self._take_locally(member_id)
        granted, wait_ms, braked = taken
        return Grant(int(granted), int(wait_ms) / 1000, bool(braked))

    async def wait(self, member_id: str, ends_at: float, priority: Priority, methods: Sequence[str]) -> None:
        """Take one request, waiting for it until `ends_at` of the loop's clock.

        Raises BitrixError(THROTTLE, rate_budget_used_up or method_braked) as soon as it is clear that none will
        come in time.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        while not (grant := await self.take(member_id, priority=priority, methods=methods)).count:
            # Many may wait for the same moment: spread, the first of them does not wake all the others.
            wait_s = grant.wait_s * (1 + 0.2 * random.random())  # noqa: S311 - jitter
            if loop.time() + wait_s > ends_at:
                code = "method_braked" if grant.is_braked else "rate_budget_used_up"
                metrics.HELD_BACK.labels(code).inc()
                raise failure(code, portal=member_id, method=methods[0], retry_after_s=grant.wait_s)
            await asyncio.sleep(wait_s)
        metrics.WAIT_SECONDS.labels(priority).observe(loop.time() - began)

    async def brake(self, member_id: str, seconds: float, method: str = _EVERY_METHOD) -> None:
        """Let a method of the portal rest, or all. While Redis is away the local bucket is brake enough."""
        key = BRAKE_KEY.format(member_id=member_id, method=method.lower())
        await self._shared.ask(self._shared.redis.set(key, 1, px=max(1, int(seconds * 1000))))

    async def spare(self, member_id: str, method: str, operating_s: float, reset_at: float) -> None:
        """Brake a method that has run for most of what the platform allows, before it says so (contract 3.4)."""
        if operating_s >= OPERATING_LIMIT_S * OPERATING_SHARE and (rest := reset_at - time.time()) > 0:
            await self.brake(member_id, rest, method)

    async def set_budget(self, member_id: str, budget: Budget) -> None:
        """Give a portal a budget of its own. Should Redis be wiped, it has the standard one until told again."""
        fields = {"rate": budget.rate, "burst": budget.burst}
        told: Any = self._shared.redis.hset(BUDGET_KEY.format(member_id=member_id), mapping=fields)
        await self._shared.ask(told)

    def _take_locally(self, member_id: str) -> Grant:
        # Several processes may each do this at once, so each takes a fraction of the budget.
        now = time.monotonic()
        free_at = self._local.get(member_id, now)
        if free_at > now:
            return Grant(0, free_at - now)
        self._local[member_id] = now + 4 / self._budget.rate
        return Grant(1, 0.0)
