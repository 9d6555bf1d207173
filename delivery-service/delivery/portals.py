"""What this context makes of portals' changes: lanes of portals that are not served stand still."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from delivery.clients.portal import PortalClient
from delivery.repository import lanes
from kit import changefeed, purge
from kit.pb import enum_name, to_datetime
from teachbase.portal.v1 import feed_pb2
from teachbase.portal.v1 import portal_pb2 as pb

FEED = "portals"
_NOT_SERVED = {"suspended", "uninstalled", "dead"}


class PortalChanges:
    """Follows portals."""

    def __init__(self, engine: AsyncEngine, portal: PortalClient, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._portal = portal
        self._now = now

    async def cursor(self) -> int:
        """Return how far the feed was taken."""
        async with self._engine.connect() as conn:
            return await changefeed.load_cursor(conn, FEED)

    async def apply(self, page: feed_pb2.WatchPortalsResponse) -> None:
        """Take a page: forget tokens (each worker its own), block and unblock lanes, move the cursor."""
        for change in page.changes:
            self._portal.forget(UUID(change.portal_id))
        async with self._engine.begin() as conn:
            if not await changefeed.advance_cursor(conn, FEED, page.cursor):
                return  # another worker has taken a page as new as this
            for change in page.changes:
                state = enum_name(pb.PortalState, change.state)
                blocked = state if state in _NOT_SERVED else ""
                await lanes.set_blocked(conn, UUID(change.portal_id), blocked, self._now())
                if asked_at := to_datetime(change, "purge_asked_at"):
                    await purge.ask(conn, UUID(change.portal_id), change.member_id, asked_at)
                else:
                    await purge.cancel(conn, UUID(change.portal_id))
