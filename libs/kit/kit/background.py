"""Background tasks of a process: each round may fail, the task goes on, the failure is counted and logged."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from kit import db, metrics, work

log = structlog.get_logger("background")


async def every(seconds: float, name: str, round_: Callable[[], Awaitable[object]]) -> None:
    """Run `round_` now and every `seconds` until cancelled."""
    while True:
        try:
            with work.doing("round", name):
                await round_()
        except Exception as error:
            metrics.BACKGROUND_FAILURES.labels(name).inc()
            log.warning("background round failed", task=name, error=repr(error), exc_info=db.cause(error))
        await asyncio.sleep(seconds)
