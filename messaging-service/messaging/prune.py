"""Keeps the blackbox within its bounds: whole days go first, then the oldest rows of who has most.

Days are given back by TRUNCATE, which only that day's readers and writers notice; the empty table is dropped when
nobody is in the way. Deleted rows leave room that new ones take; where that is not enough a partition is written
anew.
"""

import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from kit import db, partitions
from messaging.blackbox import (
    KEYS_KEPT,
    MB,
    ROOM,
    BlackboxSettings,
    Freed,
    Partition,
    Share,
    by_portal,
    fair,
)
from messaging.repository import blackbox, prune

log = structlog.get_logger("prune")

BUDGET_S = 15.0
"""How long a round or a request may work; the next one goes on."""
SMALL = 32 * MB
"""What of a day that is still written to may be written anew: it is closed for a moment only."""
_WASTE = MB // 8
_TRIES = 4


class Pruner:
    """Prunes the blackbox and the keys."""

    def __init__(self, engine: AsyncEngine, now: Callable[[], datetime], budget_s: float = BUDGET_S) -> None:
        self._engine = engine
        self._now = now
        self._budget_s = budget_s

    async def round(self) -> None:
        """Do what the settings ask for, if no other worker is at it."""
        async with self._engine.connect() as conn:
            if not await prune.try_lock(conn):
                return
            try:
                await conn.commit()
                freed = await self.auto()
                keys = await self._past(prune.delete_keys, KEYS_KEPT)
            finally:
                await prune.unlock(conn)
        if freed.rows or freed.partitions or keys:
            log.info(
                "pruned",
                rows=freed.rows,
                bytes=freed.size,
                partitions=freed.partitions,
                keys=keys,
            )

    async def auto(self) -> Freed:
        """Drop the days past retention, and trim to the bounds of rows and bytes."""
        end = time.monotonic() + self._budget_s
        before = await self._total()
        async with self._engine.connect() as conn:
            settings = await blackbox.settings(conn)
        past = await self._older(self._now() - timedelta(days=settings.retention_days), end)
        trimmed, complete = await self._trim(settings, end)
        freed = replace(past, rows=past.rows + trimmed, complete=past.complete and complete)
        return await self._measured(freed, before)

    async def older_than(self, days: int) -> Freed:
        """Free what is older than some days."""
        before = await self._total()
        freed = await self._older(self._now() - timedelta(days=days), time.monotonic() + self._budget_s)
        return await self._measured(freed, before)

    async def all(self) -> Freed:
        """Free everything."""
        before = await self._total()
        freed = Freed()
        for part in await self._partitions():
            freed = await self._give_back(part, freed)
        return await self._measured(freed, before)

    async def _older(self, moment: datetime, end: float) -> Freed:
        freed = Freed()
        for part in await self._partitions():
            if part.ends_by(moment):
                freed = await self._give_back(part, freed)
                continue
            if part.day is not None and part.day >= moment:
                continue
            deleted, complete = await self._batches(
                lambda conn, name=part.name: prune.delete_before(conn, name, moment),  # type: ignore[misc]
                end,
            )
            freed = replace(freed, rows=freed.rows + deleted, complete=freed.complete and complete)
            if deleted:
                await self._make_room(part)
        return freed

    async def _trim(self, settings: BlackboxSettings, end: float) -> tuple[int, bool]:
        """Trim to the bounds; returns how many rows went and whether that was all."""
        trimmed, size = 0, settings.budget
        for _ in range(_TRIES):
            total = await self._total()
            async with self._engine.connect() as conn:
                over = await blackbox.count(conn, settings.max_rows + 1) > settings.max_rows
                if total <= settings.budget and not over:
                    return trimmed, True
                found = await blackbox.shares(conn)
            if total > settings.budget:
                size = min(size, int(settings.budget * ROOM))
            deleted, complete = await self._to_shares(found, settings.max_rows, size, end)
            trimmed += deleted
            if not complete:
                return trimmed, False
            in_use, waits = await self._compact(settings.budget)
            total = await self._total()
            if total > settings.budget and (in_use or waits):
                return trimmed, not in_use
            # Rows took more than was thought: the next try allows them less.
            size = max(0, size - max(0, total - settings.budget))
        return trimmed, False

    async def _to_shares(self, found: list[Share], rows: int, size: int, end: float) -> tuple[int, bool]:
        have_rows, have_size = by_portal(found, "rows"), by_portal(found, "size")
        may_rows, may_size = fair(have_rows, rows), fair(have_size, size)
        noisy = [who for who in have_rows if have_rows[who] > may_rows[who] or have_size[who] > may_size[who]]
        deleted = 0
        for who in sorted(noisy, key=lambda one: -have_size[one]):
            async with self._engine.connect() as conn:
                last = await prune.last_to_go(conn, who, may_rows[who], may_size[who])
            if last is None:
                continue
            gone, complete = await self._batches(
                lambda conn, who=who, last=last: prune.delete_to(conn, who, last),  # type: ignore[misc]
                end,
            )
            deleted += gone
            if not complete:
                return deleted, False
        touched = {share.oid for share in found if share.portal_id in set(noisy)}
        for part in await self._partitions():
            if part.oid in touched and deleted:
                await self._reuse(part)
        return deleted, True

    async def _compact(self, budget: int) -> tuple[bool, bool]:
        """Write partitions anew, most waste first, until the budget is kept.

        Returns whether one was in use, and whether one has to wait until its day is over.
        """
        async with self._engine.connect() as conn:
            live = Counter[int]()
            for share in await blackbox.shares(conn):
                live[share.oid] += share.size
        in_use = waits = False
        for part in sorted(await self._partitions(), key=lambda one: live[one.oid] - one.total):
            if await self._total() <= budget:
                break
            if part.total - live[part.oid] <= max(_WASTE, live[part.oid] // 4):
                continue
            if part.ends_by(self._now()) or live[part.oid] <= SMALL:
                in_use |= not await self._rewrite(part)
            else:
                waits = True
        return in_use, waits

    async def _make_room(self, part: Partition) -> None:
        """After rows of a partition were deleted."""
        if part.ends_by(self._now()) or part.total <= SMALL:
            await self._rewrite(part)
        else:
            await self._reuse(part)

    async def _rewrite(self, part: Partition) -> bool:
        async with self._outside_of_transactions() as conn:
            return await partitions.unless_in_use(prune.compact(conn, part.name))

    async def _reuse(self, part: Partition) -> None:
        async with self._outside_of_transactions() as conn:
            await prune.reuse(conn, part.name)

    async def _give_back(self, part: Partition, freed: Freed) -> Freed:
        rows = 0

        async def empty() -> None:
            nonlocal rows
            async with self._engine.begin() as conn:
                rows = await partitions.empty(conn, part.name)

        async def drop() -> None:
            async with self._engine.begin() as conn:
                await partitions.drop(conn, part.name)

        if not await partitions.unless_in_use(empty()):
            return replace(freed, complete=False)
        if part.ends_by(self._now() - timedelta(days=1)):  # yesterday's is made anew, for what comes late
            await partitions.unless_in_use(drop())
        return replace(freed, rows=freed.rows + rows, partitions=freed.partitions + (rows > 0))

    async def _past(self, delete: Callable[[AsyncConnection, datetime], Awaitable[int]], kept: timedelta) -> int:
        moment = self._now() - kept
        deleted, _ = await self._batches(lambda conn: delete(conn, moment), time.monotonic() + self._budget_s)
        return deleted

    async def _batches(self, delete: Callable[[AsyncConnection], Awaitable[int]], end: float) -> tuple[int, bool]:
        """Delete until nothing is left or the time is up; returns how many rows, and whether it is done."""
        total = 0
        while True:
            async with self._engine.begin() as conn:
                deleted = await delete(conn)
            total += deleted
            if deleted < partitions.BATCH:
                return total, True
            if time.monotonic() >= end:
                return total, False

    async def _partitions(self) -> list[Partition]:
        async with self._engine.connect() as conn:
            return await blackbox.partitions(conn)

    async def _total(self) -> int:
        return sum(part.total for part in await self._partitions())

    async def _measured(self, freed: Freed, before: int) -> Freed:
        total = await self._total()
        return replace(freed, size=max(0, before - total), total=total)

    def _outside_of_transactions(self) -> AsyncConnection:
        return db.at_once(self._engine).connect()
