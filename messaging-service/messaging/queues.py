"""How much waits to be answered and to be read: for the console, and for Prometheus."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from kit import db, queues
from kit.queues import QueueState
from messaging.repository import queues as statements


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

    async def measure(self) -> None:
        """Tell Prometheus."""
        queues.measure(await self.look())
