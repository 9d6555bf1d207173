"""How much waits to be sent: for the console, and for Prometheus."""

from collections.abc import Callable
from datetime import datetime

from prometheus_client import Gauge
from sqlalchemy.ext.asyncio import AsyncEngine

from delivery.repository import queues as statements
from kit import db, queues
from kit.queues import QueueState

LANES = Gauge("tb_lanes", "Portals with something to send, by what their lane does", ["state"])
DEAD = Gauge("tb_dead_letters", "Replies that were given up and wait for a person, at most 100 000")


class Queues:
    """Looks at the outbox."""

    def __init__(self, engine: AsyncEngine, now: Callable[[], datetime]) -> None:
        self._at_once = db.at_once(engine)
        self._now = now

    async def look(self) -> list[QueueState]:
        """Return what waits."""
        async with self._at_once.connect() as conn:
            state, _ = await statements.look(conn, self._now())
        return [state]

    async def measure(self) -> None:
        """Tell Prometheus."""
        async with self._at_once.connect() as conn:
            state, lanes = await statements.look(conn, self._now())
        queues.measure([state])
        DEAD.set(state.dead or 0)
        for name, count in lanes.items():
            LANES.labels(name).set(count)
