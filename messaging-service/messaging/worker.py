"""The jobs of this context's queue, and what looks by itself."""

import asyncio

from kit import background, queue
from kit.changefeed import Follower
from kit.process import run_tasks
from messaging.app import QUEUE, WorkerApp
from messaging.ingest import RESPOND

SWEEP_S = 1.0
"""How often dialogs are looked at without a ring: for those of dead workers, and while Redis is away."""


async def run(app: WorkerApp, stop: asyncio.Event) -> None:
    """Work until stopped."""
    portals = Follower("portals", app.portal_changes.cursor, app.portal.watch, app.portal_changes.apply)
    outcomes = Follower("outcomes", app.outcomes.cursor, app.delivery.watch, app.outcomes.apply)
    await run_tasks(
        stop,
        app.dispatcher.run(),
        queue.run_worker(app.settings.redis_url, QUEUE, {RESPOND: app.dispatcher.ring}),
        background.every(SWEEP_S, "sweep_dialogs", app.dispatcher.ring),
        background.every(3600, "partitions", app.ensure_partitions),
        portals.run(),
        outcomes.run(),
    )
