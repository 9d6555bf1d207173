"""A circuit breaker per portal, its state in Redis: closed, open, half-open with one probe."""

import random
import time
from dataclasses import dataclass

from bitrix import metrics
from bitrix.errors import BitrixError, Kind
from bitrix.shared import Shared

KEY = "bitrix:breaker:{member_id}"
"""Hash {failures, trips, until, probe}; absent while all is well. `until`: open before this moment, half-open
after it; `probe`: the one call that may go then is under way until this moment (ms of Redis's clock)."""

FAILURES = 5
"""In a row open it."""
OPEN_S = 5.0
"""The first time; doubled with every probe that fails."""
MAX_OPEN_S = 300.0
ASK_AGAIN_S = 1.0
"""While the probe is under way: it may be over any moment."""
PROBE_S = 30.0
"""After which a probe that never told its end is given up; a call takes at most client.TOTAL_S."""
_FORGOTTEN_S = 900
_BELIEVED_S = 1.0
"""A portal that was well is not asked about for so long, which spares a busy one a way to Redis a call."""

_NOW = """
local now = redis.call('TIME')
now = now[1] * 1000 + math.floor(now[2] / 1000)
"""
_ENTER = f"""{_NOW}
local state = redis.call('HMGET', KEYS[1], 'failures', 'until', 'probe')
local open_until = tonumber(state[2])
if not open_until then
  return {{0, state[1] and 1 or 0}}
end
if open_until > now then
  return {{math.ceil(open_until - now), 1}}
end
local probe = (tonumber(state[3]) or 0) - now
if probe > 0 then
  return {{math.min(math.ceil(probe), ARGV[2]), 1}}
end
redis.call('HSET', KEYS[1], 'probe', now + ARGV[1])
return {{0, 1}}
"""
_FAIL = f"""{_NOW}
local open_until = tonumber(redis.call('HGET', KEYS[1], 'until'))
if open_until and open_until > now then
  return  -- begun before it opened
end
local failures = redis.call('HINCRBY', KEYS[1], 'failures', 1)
if open_until or failures >= tonumber(ARGV[1]) then
  local trips = redis.call('HINCRBY', KEYS[1], 'trips', 1)
  local open = math.min(ARGV[2] * 2 ^ (trips - 1), ARGV[3]) * ARGV[4]
  redis.call('HSET', KEYS[1], 'until', math.floor(now + open))
  redis.call('HDEL', KEYS[1], 'probe')
  redis.call('EXPIRE', KEYS[1], ARGV[5])
  return 1
end
redis.call('EXPIRE', KEYS[1], ARGV[5])
"""
_HALF_OPEN = f"""{_NOW}
if redis.call('HEXISTS', KEYS[1], 'until') == 1 then
  redis.call('HSET', KEYS[1], 'until', now)
  redis.call('HDEL', KEYS[1], 'probe')
end
"""
_LOOK = f"""{_NOW}
local state = redis.call('HMGET', KEYS[1], 'failures', 'until')
local open_until = tonumber(state[2])
if not open_until then
  return {{tonumber(state[1]) or 0, 0, 0}}
end
return {{tonumber(state[1]) or 0, math.max(0, math.ceil(open_until - now)), 1}}
"""
_AILING = {Kind.UNKNOWN, Kind.TRANSPORT, Kind.SERVER}


@dataclass(frozen=True)
class Passage:
    """`wait_s` 0: go. `is_watched`: there were failures, so that a success is worth telling."""

    wait_s: float
    is_watched: bool


_CLEAR = Passage(0.0, is_watched=False)


@dataclass(frozen=True)
class Condition:
    """How a portal's breaker stands. Open while `opens_in_s` is above 0, half-open after that."""

    failures: int
    opens_in_s: float
    has_tripped: bool

    @property
    def word(self) -> str:
        """Return closed, open or half_open."""
        if not self.has_tripped:
            return "closed"
        return "open" if self.opens_in_s else "half_open"


class Breaker:
    """Keeps calls from portals that do not answer. While Redis is away everything passes."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._enter = shared.redis.register_script(_ENTER)
        self._fail = shared.redis.register_script(_FAIL)
        self._half_open = shared.redis.register_script(_HALF_OPEN)
        self._look = shared.redis.register_script(_LOOK)
        self._well_until: dict[str, float] = {}

    async def enter(self, member_id: str) -> Passage:
        """Ask whether a call may go. Who may after a pause is the probe: the others wait for how it ends."""
        if self._well_until.get(member_id, 0.0) > time.monotonic():
            return _CLEAR
        entered = await self._shared.ask(
            self._enter(keys=[KEY.format(member_id=member_id)], args=[PROBE_S * 1000, ASK_AGAIN_S * 1000])
        )
        if entered is None:
            return _CLEAR
        wait_ms, watched = entered
        if not watched:
            self._well_until[member_id] = time.monotonic() + _BELIEVED_S
        return Passage(int(wait_ms) / 1000, bool(watched))

    async def tell(self, member_id: str, passage: Passage, error: BitrixError | None) -> None:
        """Say how a call ended that was let pass. A refusal is an answer: the portal is well (trap 32)."""
        key = KEY.format(member_id=member_id)
        if error is not None and error.kind in _AILING:
            self._well_until.pop(member_id, None)
            spread = 1 + 0.2 * random.random()  # noqa: S311 - jitter
            args = [FAILURES, OPEN_S * 1000, MAX_OPEN_S * 1000, spread, _FORGOTTEN_S]
            if await self._shared.ask(self._fail(keys=[key], args=args)):
                metrics.BREAKER_OPENED.inc()
        elif passage.is_watched:
            await self._shared.ask(self._shared.redis.delete(key))

    async def look(self, member_id: str) -> Condition | None:
        """Return how a portal's breaker stands, None while Redis is away. Changes nothing."""
        seen = await self._shared.ask(self._look(keys=[KEY.format(member_id=member_id)]))
        if seen is None:
            return None
        failures, wait_ms, tripped = seen
        return Condition(int(failures), int(wait_ms) / 1000, bool(tripped))

    async def half_open(self, member_id: str) -> None:
        """End the pause of an open breaker: the next call is the probe that closes it or opens it again."""
        await self._shared.ask(self._half_open(keys=[KEY.format(member_id=member_id)]))
