"""Partitions by the time in an id: made ahead, found by rows, given up whole when they are old."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from kit import ids, partitions
from kit.partitions import Partitioned, PartitionMissing, Partitions, day_of, month_of, period_of

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
KEPT = timedelta(days=35)


@pytest.fixture
async def table(engine: AsyncEngine) -> AsyncIterator[str]:
    name = f"dated_{uuid4().hex[:8]}x"
    async with engine.begin() as conn:
        await conn.execute(text(f"CREATE TABLE {name} (id uuid PRIMARY KEY) PARTITION BY RANGE (id)"))
        await conn.execute(text(f"CREATE TABLE {name}_default PARTITION OF {name} DEFAULT"))
    yield name
    async with engine.begin() as conn:
        await conn.execute(text(f"DROP TABLE {name}"))


async def suffixes(conn: AsyncConnection, table: str) -> list[str]:
    return [name.rpartition("_")[2] for name in await partitions.names(conn, table)]


async def place(conn: AsyncConnection, table: str, moment: datetime) -> str:
    found: str = await conn.scalar(
        text(f"INSERT INTO {table} VALUES (:id) RETURNING CAST(tableoid AS regclass)::text"),
        {"id": ids.floor_of(moment)},
    )
    return found.rpartition("_")[2]


async def test_months_are_made_once_and_ahead_of_their_first_day(engine: AsyncEngine, table: str) -> None:
    tables = [Partitioned(table, None)]
    there = []
    for days in (8, 4, 0):
        await partitions.ensure(engine, tables, NOW - timedelta(days=days))
        async with engine.connect() as conn:
            there.append(len(await suffixes(conn, table)))
    async with engine.begin() as conn:
        found = await suffixes(conn, table)
        places = [await place(conn, table, NOW + timedelta(days=days)) for days in (-40, -3, 0, 4, 40)]

    assert there == [2, 2, 3]
    assert found == ["202611", "202612", "default"]
    assert places == ["default", "202611", "202611", "202612", "default"]


async def test_days_are_made_from_yesterday_to_a_week_ahead(engine: AsyncEngine, table: str) -> None:
    tables = [Partitioned(table, None, by_day=True)]
    missing = [await partitions.ensure(engine, tables, NOW) for _ in range(2)]
    async with engine.connect() as conn:
        found = await suffixes(conn, table)

    assert (missing, len(found)) == ([[], []], 10)
    assert (found[0], found[-2]) == ("20261126", "20261204")


async def test_a_month_that_was_begun_in_days_ends_in_days(engine: AsyncEngine, table: str) -> None:
    await partitions.ensure(engine, [Partitioned(table, None, by_day=True)], NOW)
    for days in range(60):
        await partitions.ensure(engine, [Partitioned(table, None)], NOW + timedelta(days=days))
    async with engine.connect() as conn:
        found = await suffixes(conn, table)

    assert [name for name in found if name.startswith("202611")] == [f"202611{day}" for day in range(26, 31)]
    assert len([name for name in found if name.startswith("202612")]) == 31
    assert [name for name in found if name.startswith("2027")] == ["202701", "202702"]


async def test_rows_that_came_before_their_partition_stay_and_the_next_one_is_made(
    engine: AsyncEngine, table: str
) -> None:
    async with engine.begin() as conn:
        await place(conn, table, NOW)

    own = Partitions(engine, [Partitioned(table, KEPT)], lambda: NOW)
    with pytest.raises(PartitionMissing, match=f"{table}_202611"):
        await own.round()

    async with engine.begin() as conn:
        found = await suffixes(conn, table)
        late = await place(conn, table, NOW + timedelta(seconds=1))
    assert (found, late) == (["202612", "default"], "default")


async def test_a_table_that_a_backup_reads_keeps_nobody_waiting(engine: AsyncEngine, table: str) -> None:
    tables = [Partitioned(table, None)]
    async with engine.begin() as backup:
        await backup.execute(text(f"SELECT count(*) FROM {table}"))
        async with asyncio.timeout(5):
            meanwhile = await partitions.ensure(engine, tables, NOW)
    after = await partitions.ensure(engine, tables, NOW)

    assert (meanwhile, after) == ([f"{table}_202611"], [])


@given(st.datetimes(datetime(2026, 1, 1), datetime(2060, 1, 1)), st.sampled_from([day_of, month_of]))  # noqa: DTZ001 - made aware below
def test_periods_meet_without_a_gap_and_are_known_by_their_names(
    naive: datetime, period: Callable[[datetime], partitions.Period]
) -> None:
    moment = naive.replace(tzinfo=UTC)
    this = period(moment)

    assert this.start <= moment < this.end
    assert period(this.end).start == this.end
    assert period(this.end - timedelta(microseconds=1)) == this
    assert period_of(f"messages_{this.suffix}") == this
    assert this.bounds[0] <= ids.floor_of(moment) < this.bounds[1]


async def test_what_is_old_goes_in_whole_months_and_row_by_row_where_it_has_none(
    engine: AsyncEngine, table: str
) -> None:
    clock = [datetime(2026, 9, 28, tzinfo=UTC)]
    own = Partitions(engine, [Partitioned(table, KEPT)], lambda: clock[0])
    await own.round()
    moments = [(2026, 3, 1), (2026, 9, 2), (2026, 9, 30), (2026, 10, 1)]
    of_march, *others = (datetime(*one, tzinfo=UTC) for one in moments)
    async with engine.begin() as conn:
        for moment in (of_march, *others):
            await place(conn, table, moment)

    async def left() -> list[datetime]:
        async with engine.connect() as conn:
            rows = await conn.scalars(text(f"SELECT id FROM {table} ORDER BY id"))
            return [ids.time_of(one) for one in rows]

    clock[0] = datetime(2026, 11, 4, 23, tzinfo=UTC)  # the youngest of September are 35 days old tomorrow
    await own.round()
    before = await left()
    clock[0] += timedelta(days=1)
    await own.round()
    async with engine.connect() as conn:
        found = await suffixes(conn, table)

    assert before == others
    assert await left() == others[-1:]
    assert found == ["202610", "202611", "default"]


async def test_a_partition_in_use_keeps_nobody_waiting_and_goes_the_next_time(
    engine: AsyncEngine, table: str
) -> None:
    clock = [datetime(2026, 9, 21, tzinfo=UTC)]
    own = Partitions(engine, [Partitioned(table, KEPT)], lambda: clock[0])
    await own.round()
    clock[0] += timedelta(days=90)
    await own.ensure()
    async with engine.begin() as reader:
        await reader.execute(text(f"SELECT count(*) FROM {table}"))
        async with asyncio.timeout(5):
            await own.round()
            in_use = await suffixes(reader, table)
    await own.round()
    async with engine.connect() as conn:
        found = await suffixes(conn, table)

    assert in_use == ["202609", "202612", "default"]
    assert found == ["202612", "default"]


async def test_processes_that_start_together_make_each_partition_once(engine: AsyncEngine, table: str) -> None:
    tables = [Partitioned(table, None, by_day=True)]
    missing = await asyncio.gather(*(partitions.ensure(engine, tables, NOW) for _ in range(5)))

    async with engine.connect() as conn:
        assert len(await suffixes(conn, table)) == 10
    assert missing == [[]] * 5


async def test_rounds_of_several_workers_at_once_fail_at_nothing(engine: AsyncEngine, table: str) -> None:
    clock = [datetime(2026, 6, 21, tzinfo=UTC)]
    own = Partitions(engine, [Partitioned(table, KEPT)], lambda: clock[0])
    for _ in range(4):
        await own.ensure()
        clock[0] += timedelta(days=30)
    clock[0] += timedelta(days=60)

    await asyncio.gather(*(own.round() for _ in range(3)))

    async with engine.connect() as conn:
        assert await suffixes(conn, table) == ["202612", "default"]
