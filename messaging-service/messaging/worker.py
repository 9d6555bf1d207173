"""The jobs of this context's queue, and what looks by itself."""

import asyncio

from kit import background, log, metrics, queue
from kit.changefeed import Follower
from kit.clock import utc_now
from kit.config import read
from kit.process import run_tasks
from kit.queues import MEASURE_S
from messaging import slowly
from messaging.app import QUEUE, WorkerApp
from messaging.config import Settings
from messaging.ingest import RESPOND
from messaging.keep import PRUNE, REFRESH_S
from messaging.queues import Queues

SWEEP_S = 1.0
"""How often dialogs are looked at without a ring: for those of dead workers, and while Redis is away."""

_PURGE_S = 10.0
_TRAFFIC_S = 10.0
_PRUNE_S = 60.0


async def run(stop: asyncio.Event) -> None:
    """Work until stopped."""
    log.configure("messaging-worker")
    app = WorkerApp(read(Settings))
    metrics.serve(app.settings.metrics_port)
    portals = Follower("portals", app.portal_changes.cursor, app.portal.watch, app.portal_changes.apply)
    outcomes = Follower("outcomes", app.outcomes.cursor, app.delivery.watch, app.outcomes.apply)
    marketplace = Follower("marketplace", app.marketplace.cursor, app.portal.watch, app.marketplace.apply)
    limit_alerts = Follower(
        "limit_alerts", app.limit_alerts.cursor, app.billing.watch_alerts, app.limit_alerts.apply
    )
    jobs = {RESPOND: app.dispatcher.ring, PRUNE: app.pruner.round}
    await run_tasks(
        stop,
        app.dispatcher.run(),
        app.responder.run(),
        queue.run_worker(app.settings.redis_url, QUEUE, jobs),
        background.every(SWEEP_S, "sweep_dialogs", app.dispatcher.ring),
        background.every(slowly.RENEW_S, "renew_dialogs", app.responder.renew),
        app.fetches.run(),
        background.every(SWEEP_S, "sweep_fetches", app.fetches.ring),
        background.every(SWEEP_S, "second_look", app.second_look.round),
        background.every(_PURGE_S, "purge", app.purge.round),
        background.every(SWEEP_S, "notices", app.notices.round),
        background.every(_TRAFFIC_S, "traffic", app.traffic.round),
        background.every(REFRESH_S, "blackbox_settings", app.keeper.refresh),
        background.every(_PRUNE_S, "prune", app.pruner.round),
        background.every(MEASURE_S, "measure_queues", Queues(app.engine, utc_now).measure),
        background.every(3600, "partitions", app.partitions.round),
        portals.run(),
        outcomes.run(),
        marketplace.run(),
        limit_alerts.run(),
    )
    await app.close()
