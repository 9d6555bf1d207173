"""The application is gone from a portal: its rights with it, and its people's data where that is asked for."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from portal import changes
from portal.deletion import Deletions
from portal.life import Move
from portal.repository import deletions, tokens
from portal.repository import portals as statements


class Removals:
    """Removes portals."""

    def __init__(self, reports: Deletions, now: Callable[[], datetime]) -> None:
        self._reports = reports
        self._now = now

    async def remove(self, conn: AsyncConnection, portal_id: UUID, *, clean: bool) -> None:
        """Note that the application is gone, in the caller's transaction; data stays unless `clean`."""
        now = self._now()
        await statements.move(conn, portal_id, Move.REMOVED, now)
        await statements.forget_bot(conn, portal_id)
        dropped = await tokens.drop(conn, portal_id)
        if clean and await statements.ask_to_purge(conn, portal_id, now):
            users = await deletions.drop_users(conn, portal_id)
            gone = {"portal_tokens": dropped, "portal_users_access": users}
            await self._reports.write(conn, portal_id, now, "portal", gone)
        await changes.announce(conn, portal_id)
