"""Composition root: builds what the two processes of this context run."""

from redis.asyncio import Redis

from bitrix import http
from bitrix.breaker import Breaker
from bitrix.client import BitrixClient
from bitrix.endpoint import EndpointPolicy
from bitrix.limiter import Budget, Limiter
from bitrix.rest import Rest
from bitrix.shared import Shared
from delivery.clients.portal import PortalClient
from delivery.config import Settings
from delivery.lanes import GATHER_S, MAX_LANES, Lanes
from delivery.portals import PortalChanges
from delivery.prune import KEPT, Pruner
from delivery.send import Sender
from delivery.settle import Settlement
from delivery.turn import Turns
from kit import db
from kit.clock import utc_now
from kit.dispatch import Dispatcher
from kit.partitions import Partitioned, Partitions
from kit.purge import Purge
from kit.queue import Bell
from kit.rpc import channel

QUEUE = "delivery"
PERSONAL = dict.fromkeys(("outbox", "delivery_attempts", "outcomes", "queue_pauses"), "portal_id = :portal_id")
"""Which rows hold what was sent to people of a portal."""
PARTITIONED = [Partitioned("delivery_attempts", KEPT)]


class App:
    """What both processes of this context hold: the ways to Bitrix24 and to portal too; `close` lets it go."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.engine = db.engine(settings.database_dsn, settings.database_pool)
        self.bell = Bell(settings.redis_url, QUEUE)
        policy = EndpointPolicy(settings.dev_hosts)
        self.partitions = Partitions(self.engine, PARTITIONED, utc_now)
        self._redis = Redis.from_url(settings.redis_url, socket_timeout=2, socket_connect_timeout=2)
        self._http = http.client(policy)
        self._channel = channel(settings.portal_grpc, "portal", settings)
        self.portal = PortalClient(self._channel)
        shared = Shared(self._redis)
        self.rest = Rest(BitrixClient(self._http, policy), Limiter(shared, Budget()), Breaker(shared))

    async def close(self) -> None:
        """Close connections."""
        await self._http.aclose()
        await self._channel.close()
        await self._redis.aclose()
        await self.bell.close()
        await self.engine.dispose()


class WorkerApp(App):
    """What the worker holds besides: the lanes."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.portal_changes = PortalChanges(self.engine, self.portal, utc_now)
        self.pruner = Pruner(self.engine, utc_now)
        self.purge = Purge(self.engine, PERSONAL, self.portal.report_purge)
        self.lanes = Lanes(
            self.engine,
            self.portal,
            Turns(Sender(self.rest, utc_now)),
            Settlement(self.engine, utc_now),
            utc_now,
        )
        self.dispatcher = Dispatcher("lanes", self.lanes.claim, self.lanes.take_turn, MAX_LANES, GATHER_S)
