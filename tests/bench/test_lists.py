"""The benchmark of lists reads what it has loaded."""

from datetime import UTC, datetime

import asyncpg

from bench import lists
from bench.fill import TABLES, fill
from bench.system import engines
from bench.targets import ours


async def test_a_filled_database_is_read_by_every_list() -> None:
    now = datetime.now(UTC)
    async with engines() as running, ours(running) as target:
        dsn = running.dsns["messaging"]

        filled = await fill(dsn, 40_000, now)
        section = await lists.measure(target.messaging, dsn, filled, 2, now)

        session = await asyncpg.connect(dsn)
        counts = [await session.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES]
        astray = [await session.fetchval(f"SELECT count(*) FROM {table}_default") for table in TABLES]
        await session.close()

    assert all(39_900 < count <= 40_000 for count in counts)
    assert astray == [0, 0, 0]
    rows = {row.name: row.rows for row in section.rows if isinstance(row, lists.Row)}
    found = ("messages, first page", "events, deep page", "requests, refused", "dialogs, a day")
    assert all(rows[name] > 0 for name in found)
    assert rows["messages of a trace"] == rows["events of a trace"] == 2
