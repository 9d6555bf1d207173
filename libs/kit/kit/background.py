"""Background tasks of a process: each round may fail, the task goes on, the failure is counted and logged."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import structlog

from kit import db, metrics, work

log = structlog.get_logger("background")

_SPREAD_S = 1.0


async def every(seconds: float, name: str, round_: Callable[[], Awaitable[object]]) -> None:
    """Run `round_` every `seconds` until cancelled, from a moment within the next second on.

    The rounds of a process do not begin together: each would take a database connection of its own, for good.
    """
    await asyncio.sleep(random.uniform(0, min(seconds, _SPREAD_S)))  # noqa: S311 - spreads load, guards nothing
    while True:
        try:
            with work.doing("round", name):
                await round_()
        except Exception as error:
            metrics.BACKGROUND_FAILURES.labels(name).inc()
            log.warning("background round failed", task=name, error=repr(error), exc_info=db.cause(error))
        await asyncio.sleep(seconds)
