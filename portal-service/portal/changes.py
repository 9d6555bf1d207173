"""The change feed of portals, which messaging, delivery and billing follow."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from kit import changefeed
from portal.domain import PortalChange
from portal.repository import portals as statements

TABLE = "portal_changes"


async def announce(conn: AsyncConnection, portal_id: UUID) -> None:
    """Tell followers that a portal changed; the last statement of the changing transaction."""
    await changefeed.append(conn, TABLE, {"portal_id": [portal_id]}, {"portal_id": "uuid"})


class Changes:
    """Reads the feed."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def read(self, cursor: int, limit: int) -> list[PortalChange]:
        """Return the changes after a cursor, each portal once, as it is now."""
        async with self._engine.connect() as conn:
            return await statements.changes(conn, cursor, limit)
