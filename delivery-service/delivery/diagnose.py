"""What is wrong with a portal as far as this context sees: whether its queue moves; and having it tried now."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from delivery.outbox import DELIVER
from delivery.repository import diagnosis as statements
from delivery.repository.diagnosis import Queue
from kit.queue import Bell

PARKED_FOR = timedelta(seconds=30)
"""A lane that waits for its portal's rate budget is parked for a second or two."""
OLD = timedelta(minutes=15)
"""A thousand welcomes take nine minutes at two a second."""
WATCHED_S = 5.0
_POLL_S = 0.2
_RECENT = timedelta(days=1)
NAME = "queue_moving"
_FIX = "Try now what waits."


@dataclass(frozen=True)
class Finding:
    """How the check ended: `state` ok, failed or skipped; `fix`: what would be done, "" where nothing need be."""

    state: str
    reason: str = ""
    fix: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)


def judge(queue: Queue, now: datetime) -> Finding:
    """Return whether a queue moves. Pure."""
    parked_s = max(0.0, (queue.parked_until - now).total_seconds()) if queue.parked_until else 0.0
    oldest_s = (now - queue.oldest_at).total_seconds() if queue.oldest_at else 0.0
    seen: dict[str, Any] = {
        "waiting": queue.open,
        "oldest_s": round(oldest_s),
        "parked_s": round(parked_s),
        "cause": queue.cause[:300],
        "next_step": queue.next_step,
        "dead_last_day": queue.dead,
    }
    if queue.resting:
        return Finding(
            "failed", f"{queue.resting} Resume the queue: what waits is kept, and then sent.", evidence=seen
        )
    if queue.blocked:
        return Finding("skipped", "in_service: nothing is sent.", evidence=seen)
    fix = f"{_FIX} If it is held up again: {queue.next_step}" if queue.next_step else _FIX
    if queue.open and parked_s > PARKED_FOR.total_seconds():
        return Finding("failed", "Replies wait while sending is paused.", fix, seen)
    if oldest_s > OLD.total_seconds():
        return Finding("failed", "Replies wait for longer than they should.", fix, seen)
    return Finding("ok", evidence=seen)


class Diagnoses:
    """Examines portals' queues."""

    def __init__(self, engine: AsyncEngine, bell: Bell, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._bell = bell
        self._now = now

    async def make(self, portal_id: UUID) -> Finding:
        """Return whether a portal's queue moves."""
        return judge(await self._look(portal_id), self._now())

    async def attempt_fix(self, portal_id: UUID) -> tuple[Finding, Finding] | None:
        """Have what waits be tried now, and watch for a moment. Returns before and after; None = it moves."""
        before = await self.make(portal_id)
        if before.state != "failed":
            return None
        now = self._now()
        async with self._engine.begin() as conn:
            await statements.hurry(conn, portal_id, now)
            await statements.unpark(conn, portal_id, now)
        self._bell.ring(DELIVER)
        return before, await self._watch(portal_id)

    async def _watch(self, portal_id: UUID) -> Finding:
        deadline = asyncio.get_running_loop().time() + WATCHED_S
        while True:
            queue = await self._look(portal_id)
            if not queue.open or asyncio.get_running_loop().time() > deadline:
                return judge(queue, self._now())
            await asyncio.sleep(_POLL_S)

    async def _look(self, portal_id: UUID) -> Queue:
        async with self._engine.connect() as conn:
            return await statements.look(conn, portal_id, self._now() - _RECENT)
