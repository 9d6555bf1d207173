"""The jobs of this context's queue, and what looks by itself."""

import asyncio

from billing.app import App
from billing.config import Settings
from kit import background, log, metrics, queue
from kit.config import read
from kit.process import run_tasks

QUEUE = "billing"
_ALERTS_S = 10
"""Whoever comes near to a limit is to hear of it within a minute."""


async def run(stop: asyncio.Event) -> None:
    """Work until stopped."""
    log.configure("billing-worker")
    app = App(read(Settings))
    metrics.serve(app.settings.metrics_port)
    await run_tasks(
        stop,
        queue.run_worker(app.settings.redis_url, QUEUE, {"release_expired": app.quota.release_expired}),
        background.every(60, "release_expired", app.quota.release_expired),
        background.every(_ALERTS_S, "limit_alerts", app.alerts.round),
        background.every(60, "subscriptions", app.subscriptions.round),
        background.every(3600, "recount", app.recount.round),
        background.every(3600, "prune", app.quota.prune),
        background.every(3600, "partitions", app.partitions.round),
    )
    await app.close()
