"""Composition root: builds what the two processes of this context run."""

from datetime import timedelta

from kit import db
from kit.clock import utc_now
from kit.dispatch import Dispatcher
from kit.ids import NIL
from kit.keyring import KeyRing
from kit.partitions import Partitioned, Partitions
from kit.purge import Purge
from kit.queue import Bell
from kit.rpc import channel
from messaging.adopt import Adoption
from messaging.answer_settings import AnswerSettingsBook
from messaging.answering import Answering
from messaging.blackbox import EXPLANATIONS_KEPT, KEYS_KEPT
from messaging.clients.billing import BillingClient
from messaging.clients.delivery import DeliveryClient
from messaging.clients.embeddings import Embeddings
from messaging.clients.endpoint import Endpoint, Endpoints
from messaging.clients.model import Models
from messaging.clients.portal import PortalClient
from messaging.config import Settings
from messaging.fetch import MAX_RUNNING, Fetcher
from messaging.ingest import Inbox
from messaging.keep import Keeper
from messaging.knowledge_base import KnowledgeBase
from messaging.known import KnownPortals
from messaging.limit_alerts import LimitAlerts
from messaging.marketplace import MarketplaceRelay
from messaging.notices import Notices
from messaging.outcomes import Outcomes
from messaging.portals import PortalChanges
from messaging.prune import Pruner
from messaging.respond import GATHER_S, MAX_BATCHES, Responder
from messaging.second_look import SecondLook
from messaging.traffic import Traffic

QUEUE = "messaging"
KNOWLEDGE_QUEUE = "knowledge"
PERSONAL = {
    **dict.fromkeys(
        (
            "messages",
            "dialogs",
            "events",
            "inbox_keys",
            "welcomes",
            "refusals",
            "limit_notices",
            "life_cycle_notices",
            "traffic",
            "traffic_hours",
            "kb_documents",
            "kb_versions",
            "answer_explanations",
            "answer_settings",
            "kb_curated",
            "kb_golden",
            "feedback",
            "queue_pauses",  # a portal that comes back is not to rest for what was before
        ),
        "portal_id = :portal_id",
    ),
    # What was refused stands under no portal; whose it claimed to be is all that is known.
    "bitrix_inbound_events": (
        f"portal_id = :portal_id OR (portal_id = '{NIL}' AND outcome = 'refused' AND member_id = :member_id)"
    ),
}
"""Which rows hold what people of a portal wrote or did."""


def partitioned(history: timedelta) -> list[Partitioned]:
    """Return the tables that are divided by time; what people write and read is kept for `history`."""
    return [
        Partitioned("bitrix_inbound_events", None, by_day=True),  # the blackbox has bounds of its own (prune.py)
        Partitioned("events", KEYS_KEPT),
        Partitioned("messages", history),
        Partitioned("answer_explanations", min(history, EXPLANATIONS_KEPT)),
    ]


class App:
    """What both processes of this context hold; `close` lets it go."""

    def __init__(self, settings: Settings, *, plans_once: bool = False) -> None:
        self.settings = settings
        self.engine = db.engine(settings.database_dsn, settings.database_pool, plans_once=plans_once)
        self.bell = Bell(settings.redis_url, QUEUE)
        self.keyring = KeyRing(settings.secret_keys)
        self.keeper = Keeper(self.engine, self.bell)
        self.known = KnownPortals(self.engine)
        self.pruner = Pruner(self.engine, utc_now)
        tables = partitioned(timedelta(days=settings.history_days))
        self.partitions = Partitions(self.engine, tables, utc_now)
        self.portal_changes = PortalChanges(self.engine, self.bell, utc_now)
        base = Endpoint(settings.llm_base_url, settings.llm_api_key, _names(settings.llm_model))
        self.answer_settings = AnswerSettingsBook(self.engine, self.keyring, base, utc_now)
        self._endpoints = Endpoints()
        self.embeddings = Embeddings(self._endpoints)
        self.knowledge = KnowledgeBase(self.engine, self.answer_settings, self.embeddings)
        self.answering = Answering(self.knowledge, self.answer_settings, Models(self._endpoints))
        self._portal_channel = channel(settings.portal_grpc, "portal", settings)
        self.portal = PortalClient(self._portal_channel)
        self.traffic = Traffic(self.engine, self.portal, utc_now)

    async def close(self) -> None:
        """Close connections."""
        await self._portal_channel.close()
        await self._endpoints.close()
        await self.bell.close()
        await self.engine.dispose()


class WorkerApp(App):
    """What the worker holds besides: the ways to delivery and billing."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, plans_once=True)
        self._channels = [
            channel(settings.delivery_grpc, "delivery", settings),
            channel(settings.billing_grpc, "billing", settings),
        ]
        delivery, billing = self._channels
        self.delivery = DeliveryClient(delivery)
        self.outcomes = Outcomes(self.engine)
        self.second_look = SecondLook(self.engine, self.bell, self.keyring.encrypt, utc_now, self.keeper)
        self.purge = Purge(self.engine, PERSONAL, self.portal.report_purge)
        self.notices = Notices(self.engine, self.portal, self.keyring, utc_now)
        self._adoption = Adoption(self.portal)
        inbox = Inbox(
            self.engine, self.bell, self._adoption, self.keyring.encrypt, utc_now, self.keeper, self.known
        )
        fetcher = Fetcher(self.engine, self.portal, inbox, utc_now)
        self.fetches = Dispatcher("fetches", fetcher.claim, fetcher.take, MAX_RUNNING)
        self.billing = BillingClient(billing)
        self.marketplace = MarketplaceRelay(self.engine, self.billing)
        self.limit_alerts = LimitAlerts(self.engine, self.bell, utc_now)
        self.responder = Responder(self.engine, self.billing, self.delivery, self.answering, utc_now)
        self.dispatcher = Dispatcher("dialogs", self.responder.claim, self.responder.answer, MAX_BATCHES, GATHER_S)

    async def close(self) -> None:
        """Close connections."""
        await self._adoption.close()
        for one in self._channels:
            await one.close()
        await super().close()


def _names(listed: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in listed.split(",") if name.strip())
