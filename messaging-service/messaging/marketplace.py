"""What portal learns of portals' subscriptions, handed on to billing, which calls nobody."""

from sqlalchemy.ext.asyncio import AsyncEngine

from kit import changefeed
from messaging.clients.billing import BillingClient
from teachbase.billing.v1 import billing_pb2
from teachbase.portal.v1 import feed_pb2

FEED = "marketplace"


class MarketplaceRelay:
    """Follows portals a second time: billing's absence must hold up nothing else."""

    def __init__(self, engine: AsyncEngine, billing: BillingClient) -> None:
        self._engine = engine
        self._billing = billing

    async def cursor(self) -> int:
        """Return how far the feed was handed on."""
        async with self._engine.connect() as conn:
            return await changefeed.load_cursor(conn, FEED)

    async def apply(self, page: feed_pb2.WatchPortalsResponse) -> None:
        """Hand a page on; billing takes the same note twice as once. Raises PeerError."""
        await self._billing.note_marketplace(
            [
                billing_pb2.MarketplaceNote(
                    portal_id=change.portal_id,
                    status=change.marketplace.status,
                    days=change.marketplace.days if change.marketplace.HasField("days") else None,
                    is_payment_expired=change.marketplace.is_payment_expired,
                    noted_at=change.marketplace.noted_at,
                )
                for change in page.changes
                if change.HasField("marketplace")
            ]
        )
        async with self._engine.begin() as conn:
            await changefeed.advance_cursor(conn, FEED, page.cursor)
