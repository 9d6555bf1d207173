"""The jobs of this context's queue, and what looks by itself."""

import asyncio

from kit import background, log, metrics, queue
from kit.config import read
from kit.process import run_tasks
from portal.app import App
from portal.config import Settings

QUEUE = "portal"
_BOT_SWEEP_S = 30.0
_DEPARTMENTS_SWEEP_S = 60.0
_IDLE_SWEEP_S = 600.0
_ROTATION_S = 86_400.0
"""And at each start: that is when the ring may have changed."""
_PROBE_SWEEP_S = 30.0


async def run(stop: asyncio.Event) -> None:
    """Work until stopped."""
    log.configure("portal-worker")
    app = App(read(Settings))
    metrics.serve(app.settings.metrics_port)
    await run_tasks(
        stop,
        queue.run_worker(app.settings.redis_url, QUEUE, {"ensure_bots": app.bots.sweep}),
        background.every(_BOT_SWEEP_S, "ensure_bots", app.bots.sweep),
        background.every(_DEPARTMENTS_SWEEP_S, "read_departments", app.departments.round),
        background.every(_IDLE_SWEEP_S, "lost_removals", app.lost_removals.round),
        background.every(_ROTATION_S, "rotate_keys", app.rotation.round),
        background.every(_IDLE_SWEEP_S, "idle_tokens", app.idle_tokens.round),
        background.every(_PROBE_SWEEP_S, "daily_probe", app.daily_probes.round),
    )
    await app.close()
