"""The jobs of this context's queue, and what looks by itself."""

import asyncio

from kit import background, queue
from kit.process import run_tasks
from portal.app import App

QUEUE = "portal"
_BOT_SWEEP_S = 30.0


async def run(app: App, stop: asyncio.Event) -> None:
    """Work until stopped."""
    await run_tasks(
        stop,
        queue.run_worker(app.settings.redis_url, QUEUE, {"ensure_bots": app.bots.sweep}),
        background.every(_BOT_SWEEP_S, "ensure_bots", app.bots.sweep),
    )
