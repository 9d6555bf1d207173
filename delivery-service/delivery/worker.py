"""The jobs of this context's queue, and what looks by itself."""

import asyncio

from delivery.app import QUEUE, WorkerApp
from delivery.outbox import DELIVER
from kit import background, queue
from kit.changefeed import Follower
from kit.process import run_tasks

SWEEP_S = 1.0
"""How often lanes are looked at without a ring: for lanes of dead workers, and while Redis is away."""


async def run(app: WorkerApp, stop: asyncio.Event) -> None:
    """Work until stopped."""
    follower = Follower("portals", app.portal_changes.cursor, app.portal.watch, app.portal_changes.apply)
    await run_tasks(
        stop,
        app.dispatcher.run(),
        queue.run_worker(app.settings.redis_url, QUEUE, {DELIVER: app.dispatcher.ring}),
        background.every(SWEEP_S, "sweep_lanes", app.dispatcher.ring),
        background.every(3600, "partitions", app.ensure_partitions),
        follower.run(),
    )
