"""What a prune would free, and what the blackbox takes: asked before anything is done."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from messaging.blackbox import ROOM, BlackboxSettings, Freed, Share, Usage, by_portal, fair
from messaging.repository import blackbox, prune

_TOP = 20
_SOURCES_OF = timedelta(days=1)


class Blackbox:
    """Tells of the blackbox as a whole, and changes its settings."""

    def __init__(self, engine: AsyncEngine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    async def settings(self) -> BlackboxSettings:
        """Return the settings in force."""
        async with self._engine.connect() as conn:
            return await blackbox.settings(conn)

    async def change(self, new: BlackboxSettings) -> BlackboxSettings:
        """Change the settings."""
        async with self._engine.begin() as conn:
            await blackbox.save_settings(conn, new)
        return new

    async def usage(self) -> Usage:
        """Return what is taken, in real bytes; rows and portals as they are now."""
        async with self._engine.connect() as conn:
            oldest, newest = await blackbox.ends(conn)
            return Usage(
                partitions=await blackbox.partitions(conn),
                shares=await blackbox.shares(conn),
                oldest=oldest,
                newest=newest,
                sources=await blackbox.sources(conn, self._now() - _SOURCES_OF, _TOP),
            )

    async def all_would_free(self) -> Freed:
        """Return what is there."""
        async with self._engine.connect() as conn:
            return await self._before(conn, None)

    async def older_would_free(self, days: int) -> Freed:
        """Return what is older than some days."""
        async with self._engine.connect() as conn:
            return await self._before(conn, self._now() - timedelta(days=days))

    async def auto_would_free(self) -> Freed:
        """Return what the settings ask for now, about."""
        async with self._engine.connect() as conn:
            settings = await blackbox.settings(conn)
            since = self._now() - timedelta(days=settings.retention_days)
            past = await self._before(conn, since)
            found = await blackbox.shares(conn, since)
        is_over = past.total - past.size > settings.budget
        size = _beyond(found, "size", int(settings.budget * ROOM) if is_over else settings.budget)
        return replace(past, rows=past.rows + _beyond(found, "rows", settings.max_rows), size=past.size + size)

    async def _before(self, conn: AsyncConnection, moment: datetime | None) -> Freed:
        rows, size = await prune.counted_before(conn, moment)
        total = sum(part.total for part in await blackbox.partitions(conn))
        return Freed(rows, min(size, total), total=total)


def _beyond(found: list[Share], field: str, capacity: int) -> int:
    used = by_portal(found, field)
    return sum(used.values()) - sum(fair(used, capacity).values())
