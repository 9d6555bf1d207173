"""Tables that are divided by the time in their ids (UUIDv7): places for what comes, and the end of what is old.

A month each, for every statement over a table pays for each of its parts: 180 days of them doubled what a reply
costs Postgres (docs/adr/0030). A day each only where days are given back on their own.
"""

import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import exc
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from kit import ids
from kit.db import sql

log = structlog.get_logger("partitions")

DAYS_AHEAD = 7
BATCH = 5_000
"""Rows of one transaction: nothing else waits long for it."""
_DAY = timedelta(days=1)
_LOCK = "SET LOCAL lock_timeout = '100ms'"
"""Writers stand in line behind who waits for a table."""
_IN_USE, _GONE, _TAKEN = "55P03", "42P01", "23514"
_TRY_LOCK = "SELECT pg_try_advisory_lock(hashtext('retention'), hashtext(:name))"
_UNLOCK = "SELECT pg_advisory_unlock(hashtext('retention'), hashtext(:name))"
_NAME = re.compile(r"_(\d{4})(\d{2})(\d{2})?$")


@dataclass(frozen=True)
class Partitioned:
    """A table ranged by its `id`, and how long its rows are kept at least; None: somebody else sees to that."""

    name: str
    kept: timedelta | None
    by_day: bool = False


@dataclass(frozen=True)
class Period:
    """The time whose rows a partition holds: a day or a month, UTC."""

    start: datetime
    end: datetime
    by_day: bool

    @property
    def suffix(self) -> str:
        """What a partition's name ends with."""
        return f"{self.start:%Y%m%d}" if self.by_day else f"{self.start:%Y%m}"

    @property
    def bounds(self) -> tuple[UUID, UUID]:
        """The least id, and the least one that is too large."""
        return ids.floor_of(self.start), ids.floor_of(self.end)


def day_of(moment: datetime) -> Period:
    """Return a moment's day."""
    start = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return Period(start, start + _DAY, by_day=True)


def month_of(moment: datetime) -> Period:
    """Return a moment's month."""
    start = day_of(moment).start.replace(day=1)
    return Period(start, (start + timedelta(days=32)).replace(day=1), by_day=False)


def period_of(name: str) -> Period | None:
    """Return the time of a partition by its name; None: the one that takes what has no other."""
    if (found := _NAME.search(name)) is None:
        return None
    year, month, day = found.groups()
    start = datetime(int(year), int(month), int(day or 1), tzinfo=UTC)
    return day_of(start) if day else month_of(start)


async def ensure(engine: AsyncEngine, tables: Sequence[Partitioned], now: datetime) -> list[str]:
    """Have partitions for the ids of yesterday to a week ahead; returns those needed today that could not be made.

    A default partition takes what no period claims, so nothing is refused meanwhile; those rows stay there.
    """
    missing: list[str] = []
    for table in tables:
        async with engine.connect() as conn:
            there = set(await names(conn, table.name))
        for period in _wanted(table, now, there):
            name = f"{table.name}_{period.suffix}"
            if not await _create(engine, table.name, name, period) and period.start <= now:
                missing.append(name)
    return missing


async def _create(engine: AsyncEngine, table: str, name: str, period: Period) -> bool:
    lower, upper = period.bounds
    early = f"SELECT EXISTS (SELECT FROM {table}_default WHERE id >= :lower AND id < :upper)"  # noqa: S608 - our own names

    async def create() -> None:
        async with engine.begin() as conn:
            # Processes that start together would create the same: even "IF NOT EXISTS" fails then.
            await conn.execute(sql("SELECT pg_advisory_xact_lock(hashtext('partitions'))"))
            if await conn.scalar(sql("SELECT to_regclass(:name)"), {"name": name}) is None:
                # It takes the whole table for a moment, which a backup holds for an hour.
                await conn.execute(sql(_LOCK))
                await conn.execute(
                    sql(f"CREATE TABLE {name} PARTITION OF {table} FOR VALUES FROM ('{lower}') TO ('{upper}')")
                )

    # Asked first, without a lock: where a row came too early, it cannot be made.
    async with engine.connect() as conn:
        is_taken = await conn.scalar(sql(early), {"lower": lower, "upper": upper})
    is_made = not is_taken and await unless_in_use(create())
    if not is_made:
        cause = "the default partition holds rows of it" if is_taken else "its table is in use"
        log.warning("no partition yet", partition=name, cause=cause)
    return is_made


async def names(conn: AsyncConnection, table: str) -> list[str]:
    """Return the partitions of a table, the oldest first, the default one last."""
    rows = await conn.scalars(
        sql("""
            SELECT c.relname FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
            WHERE i.inhparent = CAST(:name AS regclass) ORDER BY c.relname
        """),
        {"name": table},
    )
    return list(rows)


async def empty(conn: AsyncConnection, partition: str) -> int:
    """Give a partition's room back at once; returns the rows it had. Raises where it is in use."""
    await conn.execute(sql(_LOCK))
    rows: int = await conn.scalar(sql(f"SELECT count(*) FROM {partition}"))  # noqa: S608 - our own name
    if rows:
        await conn.execute(sql(f"TRUNCATE {partition}"))
    return rows


async def drop(conn: AsyncConnection, partition: str) -> None:
    """Drop an empty partition. Raises where its table is in use."""
    await conn.execute(sql(_LOCK))
    await conn.execute(sql(f"DROP TABLE IF EXISTS {partition}"))


async def unless_in_use(work: Awaitable[None]) -> bool:
    """Do what needs a table for itself; returns whether it could be had. One that is gone needs nothing.

    A partition cannot be had either whose first row came to the default one a moment ago.
    """
    try:
        await work
    except exc.DBAPIError as error:
        state = getattr(error.orig, "sqlstate", "")
        if state not in {_IN_USE, _GONE, _TAKEN}:
            raise
        return bool(state == _GONE)
    return True


class PartitionMissing(Exception):
    """Rows of today go to the default partition; the text names what should hold them."""


class Partitions:
    """The tables of a context: each row has its place, and goes when it is older than it is kept."""

    def __init__(self, engine: AsyncEngine, tables: Sequence[Partitioned], now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._tables = tables
        self._now = now

    async def ensure(self) -> list[str]:
        """Have places for what comes; returns the partitions needed today that could not be made."""
        return await ensure(self._engine, self._tables, self._now())

    async def round(self) -> None:
        """Have places for what comes, and let go of what is old; what is in use now goes next time.

        Raises PartitionMissing in the end: a job that fails is told of.
        """
        missing = await self.ensure()
        async with self._engine.connect() as conn:
            whose = {"name": self._tables[0].name}
            if await conn.scalar(sql(_TRY_LOCK), whose):
                await conn.commit()
                try:
                    await self._end_all()
                finally:
                    await conn.execute(sql(_UNLOCK), whose)
        if missing:
            raise PartitionMissing(", ".join(missing))

    async def _end_all(self) -> None:
        for table in self._tables:
            if table.kept is not None:
                await self._end(table.name, self._now() - table.kept)

    async def _end(self, table: str, moment: datetime) -> None:
        async with self._engine.connect() as conn:
            there = await names(conn, table)
        for name in there:
            period = period_of(name)
            if period is None:
                await self._delete(name, moment)
            elif period.end <= moment:
                is_gone = await unless_in_use(self._let_go(name))
                log.info("retention", partition=name, is_gone=is_gone)

    async def _let_go(self, partition: str) -> None:
        # Emptied first: that waits for who uses this partition, dropping it for who uses the table.
        async with self._engine.begin() as conn:
            await conn.execute(sql(_LOCK))
            await conn.execute(sql(f"TRUNCATE {partition}"))
        async with self._engine.begin() as conn:
            await drop(conn, partition)

    async def _delete(self, partition: str, moment: datetime) -> None:
        deleted = BATCH
        while deleted == BATCH:
            async with self._engine.begin() as conn:
                done = await conn.execute(
                    sql(f"""
                        DELETE FROM {partition} WHERE ctid = ANY(ARRAY(
                            SELECT ctid FROM {partition} WHERE id < :end LIMIT {BATCH} FOR UPDATE SKIP LOCKED))
                    """),  # noqa: S608 - our own names
                    {"end": ids.floor_of(moment)},
                )
            deleted = done.rowcount


def _wanted(table: Partitioned, now: datetime, there: set[str]) -> Iterator[Period]:
    """Yield the periods that need a partition and have none."""
    first, last = day_of(now - _DAY), day_of(now + DAYS_AHEAD * _DAY)
    start = first.start
    while start < last.end:
        month = month_of(start)
        # A month that was begun in days ends in days.
        by_day = table.by_day or any(name.startswith(f"{table.name}_{month.suffix}") for name in there)
        period = day_of(start) if by_day and f"{table.name}_{month.suffix}" not in there else month
        if f"{table.name}_{period.suffix}" not in there:
            yield period
        start = period.end
