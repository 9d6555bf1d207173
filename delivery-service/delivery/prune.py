"""Forgets what was delivered, or given up, long ago: outcomes in their order, and with each its item."""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from delivery.repository import prune

log = structlog.get_logger("prune")

KEPT = timedelta(days=35)
"""As long as a message's keys: until then it may be asked again what became of it (docs/adr/0030)."""
_MOST_BATCHES = 20
"""Of a round, so that others have their turn; the next one goes on."""


class Pruner:
    """Prunes the outbox and the feed of outcomes."""

    def __init__(self, engine: AsyncEngine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    async def round(self) -> None:
        """Delete what is past its time, the oldest first."""
        items = outcomes = 0
        for _ in range(_MOST_BATCHES):
            async with self._engine.begin() as conn:
                done = await prune.delete_before(conn, self._now() - KEPT)
            items, outcomes = items + done.items, outcomes + done.outcomes
            if done.outcomes < prune.BATCH:
                break
        if items or outcomes:
            log.info("pruned", items=items, outcomes=outcomes)
