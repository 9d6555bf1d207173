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
local state = redis.call('HMGET', KEYS[1], 'level', 'at')
local level = tonumber(state[1]) or 0
local at = tonumber(state[2]) or now
level = math.max(0, level - (now - at) * rate / 1000)
if level + 1 > burst then
  return math.ceil((level + 1 - burst) * 1000 / rate)
end
redis.call('HSET', KEYS[1], 'level', tostring(level + 1), 'at', now)
redis.call('PEXPIRE', KEYS[1], math.ceil(burst * 1000 / rate) + 1000)
return 0
"""


@dataclass(frozen=True)
class Budget:
    """Requests a second that drain, and how many may come at once. Kept a little under the platform's."""

    rate: float = 1.9
    burst: int = 45


class Limiter:
    """Takes from portals' buckets. While Redis is away a slower bucket of this process stands in."""

    def __init__(self, redis: Redis, budget: Budget) -> None:
        self._take = redis.register_script(_TAKE)
        self._budget = budget
        self._local: dict[str, float] = {}

    async def take(self, member_id: str) -> float:
        """Take one request of the portal's budget. Returns 0, or the seconds to wait before asking again."""
        try:
            wait_ms = await self._take(
                keys=[KEY.format(member_id=member_id)],
                args=[int(time.time() * 1000), self._budget.rate, self._budget.burst],
            )
        except (RedisError, OSError):
            return self._take_locally(member_id)
        return float(wait_ms) / 1000

    def _take_locally(self, member_id: str) -> float:
        # Several processes may each do this at once, so each takes a fraction of the budget.
        now = time.monotonic()
        free_at = self._local.get(member_id, now)
        if free_at > now:
            return free_at - now
        self._local[member_id] = now + 4 / self._budget.rate
        return 0.0
