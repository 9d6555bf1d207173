"""What consoles follow as it changes: looked at once for all of them, and only while somebody follows."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from edge.schemas.system import Seen

EVERY_S = 2.0
LASTS_S = 60.0
"""A stream ends by itself: who begins the next shows anew that they may."""
_STEP_S = 0.5


class Live:
    """The state of the product, for streams."""

    def __init__(self, look: Callable[[], Awaitable[Seen]], is_stopping: Callable[[], bool]) -> None:
        self._look = look
        self._is_stopping = is_stopping
        self._one_at_a_time = asyncio.Lock()
        self._seen: str = ""
        self._seen_at = -EVERY_S

    async def events(self, *, once: bool) -> AsyncIterator[str]:
        """Yield server-sent events: the state where it changed, else a comment; the first alone if `once`."""
        clock, told = asyncio.get_running_loop().time, ""
        until = due = clock()
        until += LASTS_S
        while clock() < until and not self._is_stopping():
            if clock() >= due:
                seen = await self._now(clock())
                yield f"data: {seen}\n\n" if seen != told else ": the same\n\n"
                told, due = seen, clock() + EVERY_S
            if once:
                return
            await asyncio.sleep(_STEP_S)  # a server that stops waits for its streams

    async def _now(self, at: float) -> str:
        async with self._one_at_a_time:
            if at - self._seen_at >= EVERY_S:
                self._seen, self._seen_at = (await self._look()).model_dump_json(), at
            return self._seen
