"""Portals that nobody writes in: their tokens are refreshed before they end (contract 2.4)."""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from kit import metrics
from kit.errors import DomainError
from portal.repository import tokens as statements
from portal.tokens import Tokens

log = structlog.get_logger("idle")

IDLE = timedelta(days=150)
"""A refresh token lives for 180 days (contract 2.2): there is a month for what goes wrong."""
_AT_ONCE = 20
"""In one round; the OAuth server is everybody's."""


class IdleTokens:
    """Keeps unused tokens alive."""

    def __init__(self, engine: AsyncEngine, tokens: Tokens, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._tokens = tokens
        self._now = now

    async def round(self) -> int:
        """Refresh some of those that were not for long; returns how many. One refusal stops no other portal."""
        now, refreshed = self._now(), 0
        async with self._engine.connect() as conn:
            idle = await statements.idle(conn, now - IDLE, now, _AT_ONCE)
        for portal_id, generation in idle:
            try:
                await self._tokens.refreshed(portal_id, generation)
                refreshed += 1
            except DomainError as error:
                metrics.BACKGROUND_FAILURES.labels("idle_tokens").inc()
                log.warning("idle token not refreshed", portal_id=str(portal_id), reason=error.reason)
        return refreshed
