"""The jobs of this context's queue, and what looks by itself."""

import asyncio

from billing.app import App
from kit import background, queue
from kit.process import run_tasks

QUEUE = "billing"


async def run(app: App, stop: asyncio.Event) -> None:
    """Work until stopped."""
    await run_tasks(
        stop,
        queue.run_worker(app.settings.redis_url, QUEUE, {"release_expired": app.quota.release_expired}),
        background.every(60, "release_expired", app.quota.release_expired),
        background.every(3600, "partitions", app.ensure_partitions),
    )
