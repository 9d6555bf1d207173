"""Composition root: builds what the two processes of this context run."""

from billing.alerts import Alerts
from billing.config import Settings
from billing.plans import Plans
from billing.quota import Quota
from billing.recount import Recount
from billing.reports import Reports
from billing.repository.alerts import FEED
from billing.subscriptions import Subscriptions
from billing.usage import UsageBook
from kit import db
from kit.changefeed import Waker
from kit.clock import utc_now

PARTITIONED = ["usage_events", "model_uses"]


class App:
    """Everything that a process of this context holds; `close` lets it go."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.engine = db.engine(settings.database_dsn, settings.database_pool)
        self.waker = Waker(settings.database_dsn, FEED)
        self.quota = Quota(self.engine, utc_now)
        self.plans = Plans(self.engine, utc_now)
        self.subscriptions = Subscriptions(self.engine, utc_now)
        self.usage = UsageBook(self.engine, utc_now)
        self.alerts = Alerts(self.engine, self.waker, utc_now)
        self.reports = Reports(self.engine, utc_now)
        self.recount = Recount(self.engine, utc_now)

    async def ensure_partitions(self) -> None:
        """Have a place ready for the coming days' rows."""
        async with self.engine.begin() as conn:
            await db.ensure_partitions(conn, PARTITIONED, utc_now())

    async def close(self) -> None:
        """Close connections."""
        await self.engine.dispose()
