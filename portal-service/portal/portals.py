"""Portals as they are looked at."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from kit import paging
from portal.domain import LifeEntry, Portal
from portal.repository import life_log, listing
from portal.repository import portals as statements


class Portals:
    """Reads portals."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def get(self, portal_id: UUID) -> Portal:
        """Return a portal. Raises PortalNotFound."""
        async with self._engine.connect() as conn:
            return await statements.get(conn, portal_id)

    async def totals(
        self, *, query: str, since: datetime | None, until: datetime | None
    ) -> list[tuple[str, str, int]]:
        """Return how many portals there are by state and health, as (state, health, portals)."""
        async with self._engine.connect() as conn:
            return await listing.totals(conn, query=query, since=since, until=until)

    async def life(
        self, portal_id: UUID, *, since: datetime | None, until: datetime | None, page_token: str, size: int
    ) -> tuple[list[LifeEntry], str]:
        """Return a page of what a portal went through, newest first, and the token of the next one."""
        async with self._engine.connect() as conn:
            found = await life_log.page(
                conn,
                portal_id,
                since=since,
                until=until,
                before=paging.decode_id(page_token),
                limit=size + 1,
            )
        return found[:size], paging.encode(found[size - 1].id) if len(found) > size else ""

    async def page(
        self,
        *,
        query: str,
        state: str,
        health: str,
        since: datetime | None,
        until: datetime | None,
        page_token: str,
        size: int,
    ) -> tuple[list[Portal], str]:
        """Return a page, newest first, and the token of the next one ("" on the last)."""
        after = paging.decode_moment_and_id(page_token)
        async with self._engine.connect() as conn:
            found = await listing.page(
                conn,
                query=query,
                state=state,
                health=health,
                since=since,
                until=until,
                after=after,
                limit=size + 1,
            )
        page = found[:size]
        token = paging.encode(page[-1].created_at.isoformat(), page[-1].id) if len(found) > size else ""
        return page, token
