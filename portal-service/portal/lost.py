"""Removals that nobody told us of: the OAuth server goes on saying that the application is not installed (1.6)."""

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from kit import metrics
from portal.remove import Removals
from portal.repository import lost as statements
from portal.repository import portals

log = structlog.get_logger("lost")

CONFIRMATIONS = 5
"""Refusals in a row, each at a time of its own: it is said while the OAuth server errs, too (contract 3.5)."""
MOST_AT_ONCE = 3
MOST_SHARE = 0.05
"""Of the portals in service: more at once is our own configuration (contract 2.3), and nobody is removed."""


class LostRemovals:
    """Notes removals that were not told."""

    def __init__(self, engine: AsyncEngine, removals: Removals) -> None:
        self._engine = engine
        self._removals = removals

    async def round(self) -> int:
        """Note them; data stays, as of a removal without the wish to delete. Returns how many portals it were."""
        async with self._engine.connect() as conn:
            gone = await statements.confirmed(conn, CONFIRMATIONS)
            in_service = await statements.in_service(conn)
        if len(gone) > max(MOST_AT_ONCE, in_service * MOST_SHARE):
            metrics.BACKGROUND_FAILURES.labels("lost_removals").inc()
            log.error("too many portals say that we are not installed", portals=len(gone), of=in_service)
            return 0
        for portal_id in gone:
            async with self._engine.begin() as conn:
                await portals.lock_state(conn, portal_id)
                await self._removals.remove(conn, portal_id, clean=False)
            log.info("removal noticed", portal_id=str(portal_id))
        return len(gone)
