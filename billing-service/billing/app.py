"""Composition root: builds what the two processes of this context run."""

from billing.config import Settings
from billing.plans import Plans
from billing.quota import Quota
from kit import db
from kit.clock import utc_now

PARTITIONED = ["usage_events", "model_uses"]


class App:
    """Everything that a process of this context holds; `close` lets it go."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.engine = db.engine(settings.database_dsn, settings.database_pool)
        self.quota = Quota(self.engine, utc_now)
        self.plans = Plans(self.engine, utc_now)

    async def ensure_partitions(self) -> None:
        """Have a place ready for the coming days' rows."""
        async with self.engine.begin() as conn:
            await db.ensure_partitions(conn, PARTITIONED, utc_now())

    async def close(self) -> None:
        """Close connections."""
        await self.engine.dispose()
