"""Partitions by the time in an id, and what counts as a database that is away."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import exc, text
from sqlalchemy.ext.asyncio import AsyncEngine

from kit import db, ids


async def test_partitions_are_made_once_and_a_row_lands_in_its_day(engine: AsyncEngine) -> None:
    now = datetime.now(UTC)
    today, old = ids.uuid7(), ids.floor_of(now - timedelta(days=40))

    async with engine.begin() as conn:
        made = [await db.ensure_partitions(conn, ["dated"], now) for _ in range(2)]
        await conn.execute(text("INSERT INTO dated VALUES (:today), (:old)"), {"today": today, "old": old})
        found = await conn.execute(text("SELECT id, CAST(tableoid AS regclass)::text AS place FROM dated"))

    assert made == [9, 0]
    places = {row.id: row.place for row in found}
    assert places == {today: f"dated_{now:%Y%m%d}", old: "dated_default"}


async def test_the_borders_of_a_day_meet_without_a_gap(engine: AsyncEngine) -> None:
    now = datetime.now(UTC)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    last, first = ids.stamp(int(midnight.timestamp() * 1000) - 1, (1 << 80) - 1), ids.floor_of(midnight)

    async with engine.begin() as conn:
        await db.ensure_partitions(conn, ["dated"], now)
        await conn.execute(text("INSERT INTO dated VALUES (:last), (:first)"), {"last": last, "first": first})
        found = await conn.execute(
            text("SELECT CAST(tableoid AS regclass)::text FROM dated WHERE id IN (:last, :first) ORDER BY id"),
            {"last": last, "first": first},
        )

    assert [row[0] for row in found] == [f"dated_{now:%Y%m%d}", f"dated_{midnight:%Y%m%d}"]


async def test_a_database_that_refuses_connections_is_away_and_a_wrong_statement_is_not(
    engine: AsyncEngine,
) -> None:
    gone = db.engine("postgresql://nobody:x@127.0.0.1:1/none", 1)

    with pytest.raises(OSError, match="1") as refused:
        async with gone.connect():
            pass
    with pytest.raises(exc.ProgrammingError) as wrong:
        async with engine.connect() as conn:
            await conn.execute(text("SELECT * FROM no_such_table"))
    await gone.dispose()

    assert db.is_away(refused.value)
    assert not db.is_away(wrong.value)
    assert db.cause(refused.value) is None
    assert db.cause(wrong.value) is wrong.value


async def test_a_value_that_the_driver_cannot_encode_is_bad_data_and_no_outage(engine: AsyncEngine) -> None:
    async with engine.connect() as conn:
        with pytest.raises(Exception) as refused:  # noqa: PT011 - which one is the question
            await conn.execute(text("SELECT CAST(:n AS integer)"), {"n": 1 << 40})

    assert db.is_bad_data(refused.value)
    assert not db.is_away(refused.value)


async def test_processes_that_start_together_make_each_partition_once(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        await conn.execute(text("CREATE TABLE together (id uuid NOT NULL) PARTITION BY RANGE (id)"))
    now = datetime(2026, 9, 21, 12, tzinfo=UTC)

    async def start() -> int:
        async with engine.begin() as conn:
            return await db.ensure_partitions(conn, ["together"], now)

    made = await asyncio.gather(*(start() for _ in range(5)))

    assert sorted(made) == [0, 0, 0, 0, 9]
