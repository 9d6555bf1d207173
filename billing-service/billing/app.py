"""Composition root: builds what the two processes of this context run."""

from datetime import timedelta

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
from kit.partitions import Partitioned, Partitions

_EVIDENCE_KEPT = timedelta(days=400)
"""What a statement is made of: a year and a month. Counters and days of usage are kept for good."""
PARTITIONED = [Partitioned("usage_events", _EVIDENCE_KEPT), Partitioned("model_uses", _EVIDENCE_KEPT)]


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
        self.partitions = Partitions(self.engine, PARTITIONED, utc_now)

    async def close(self) -> None:
        """Close connections."""
        await self.engine.dispose()
