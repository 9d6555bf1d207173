"""The jobs of this context's queue, and what looks by itself."""

import asyncio

from delivery.app import QUEUE, WorkerApp
from delivery.config import Settings
from delivery.lanes import RENEW_S
from delivery.outbox import DELIVER
from delivery.queues import Queues
from kit import background, log, metrics, queue
from kit.changefeed import Follower
from kit.clock import utc_now
from kit.config import read
from kit.process import run_tasks
from kit.queues import MEASURE_S

SWEEP_S = 1.0
"""How often lanes are looked at without a ring: for lanes of dead workers, and while Redis is away."""

_PURGE_S = 10.0
_PRUNE_S = 60.0


async def run(stop: asyncio.Event) -> None:
    """Work until stopped."""
    log.configure("delivery-worker")
    app = WorkerApp(read(Settings))
    metrics.serve(app.settings.metrics_port)
    follower = Follower("portals", app.portal_changes.cursor, app.portal.watch, app.portal_changes.apply)
    await run_tasks(
        stop,
        app.dispatcher.run(),
        queue.run_worker(app.settings.redis_url, QUEUE, {DELIVER: app.dispatcher.ring}),
        background.every(SWEEP_S, "sweep_lanes", app.dispatcher.ring),
        background.every(RENEW_S, "renew_lanes", app.lanes.renew),
        background.every(_PURGE_S, "purge", app.purge.round),
        background.every(MEASURE_S, "measure_queues", Queues(app.engine, utc_now).measure),
        background.every(3600, "partitions", app.partitions.round),
        background.every(_PRUNE_S, "prune", app.pruner.round),
        follower.run(),
    )
    await app.close()
