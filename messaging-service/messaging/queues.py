"""How much waits to be answered and to be read: for the console, and for Prometheus."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from kit import db, queues
from kit.queues import QueueState
from messaging.repository import pace
from messaging.repository import queues as statements

_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Pace:
    """Of the last hour's replies how long they took (ms), and the portals whose people wrote today."""

    replies: int
    p50_ms: float | None
    p95_ms: float | None
    portals_today: int


class Queues:
    """Looks at dialogs and documents."""

    def __init__(self, engine: AsyncEngine, now: Callable[[], datetime]) -> None:
        self._at_once = db.at_once(engine)
        self._now = now

    async def look(self) -> list[QueueState]:
        """Return what waits."""
        now = self._now()
        async with self._at_once.connect() as conn:
            return [await statements.dialogs(conn, now), await statements.documents(conn, now)]

    async def pace(self) -> Pace:
        """Return how quick replies are, and how many portals use the bot."""
        now = self._now()
        async with self._at_once.connect() as conn:
            row = await pace.look(conn, now - _HOUR, now.replace(hour=0, minute=0, second=0, microsecond=0))
        return Pace(row.replies, row.p50, row.p95, row.portals)

    async def measure(self) -> None:
        """Tell Prometheus."""
        queues.measure(await self.look())
