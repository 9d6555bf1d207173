"""The rate budget of a portal: one leaky bucket in Redis, shared by every process (contract 3.4)."""

import time
from dataclasses import dataclass

from redis.asyncio import Redis
from redis.exceptions import RedisError

KEY = "bitrix:bucket:{member_id}"
"""Hash {level, at}: how full the portal's bucket is, and when that was true (ms)."""

_TAKE = """
local now = tonumber(ARGV[1])
local rate = tonumber(ARGV[2])
local burst = tonumber(ARGV[3])
local wanted = tonumber(ARGV[4])
local state = redis.call('HMGET', KEYS[1], 'level', 'at')
local level = tonumber(state[1]) or 0
local at = tonumber(state[2]) or now
level = math.max(0, level - math.max(0, now - at) * rate / 1000)
local granted = math.min(wanted, math.floor(burst - level))
if granted < 1 then
  return {0, math.ceil((level + 1 - burst) * 1000 / rate)}
end
redis.call('HSET', KEYS[1], 'level', tostring(level + granted), 'at', math.max(now, at))
redis.call('PEXPIRE', KEYS[1], math.ceil(burst * 1000 / rate) + 1000)
return {granted, 0}
"""


@dataclass(frozen=True)
class Budget:
    """Requests a second that drain, and how many may come at once. Kept a little under the platform's."""

    rate: float = 1.9
    burst: int = 45


@dataclass(frozen=True)
class Grant:
    """How many requests may go now; when none, the seconds to wait before asking again."""

    count: int
    wait_s: float


class Limiter:
    """Takes from portals' buckets. While Redis is away a slower bucket of this process stands in."""

    def __init__(self, redis: Redis, budget: Budget) -> None:
        self._take = redis.register_script(_TAKE)
        self._budget = budget
        self._local: dict[str, float] = {}

    async def take(self, member_id: str, wanted: int = 1) -> Grant:
        """Take up to `wanted` requests of the portal's budget."""
        try:
            granted, wait_ms = await self._take(
                keys=[KEY.format(member_id=member_id)],
                args=[int(time.time() * 1000), self._budget.rate, self._budget.burst, wanted],
            )
        except (RedisError, OSError):
            return self._take_locally(member_id)
        return Grant(int(granted), int(wait_ms) / 1000)

    def _take_locally(self, member_id: str) -> Grant:
        # Several processes may each do this at once, so each takes a fraction of the budget.
        now = time.monotonic()
        free_at = self._local.get(member_id, now)
        if free_at > now:
            return Grant(0, free_at - now)
        self._local[member_id] = now + 4 / self._budget.rate
        return Grant(1, 0.0)
