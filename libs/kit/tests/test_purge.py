"""Purges: every row of the portal goes, in chunks, nobody else's; reported once, repeatable, given up in time."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from kit import db, purge
from kit.purge import Purge

ASKED_AT = datetime(2026, 9, 21, 12, tzinfo=UTC)


@pytest.fixture
async def engine(admin_dsn: str) -> AsyncIterator[AsyncEngine]:
    engine = db.engine(admin_dsn, 4)
    async with engine.begin() as conn:
        for statement in (
            "DROP TABLE IF EXISTS notes, purges",
            "CREATE TABLE notes (portal_id uuid, id integer) PARTITION BY RANGE (id)",
            "CREATE TABLE notes_low PARTITION OF notes FOR VALUES FROM (0) TO (6000)",
            "CREATE TABLE notes_high PARTITION OF notes DEFAULT",
            "CREATE TABLE purges (portal_id uuid, asked_at timestamptz, member_id text, done_at timestamptz)",
            "ALTER TABLE purges ADD PRIMARY KEY (portal_id, asked_at)",
        ):
            await conn.execute(text(statement))
    yield engine
    await engine.dispose()


async def count(engine: AsyncEngine, portal_id: UUID) -> int:
    async with engine.connect() as conn:
        found = await conn.scalar(text("SELECT count(*) FROM notes WHERE portal_id = :id"), {"id": portal_id})
    return int(found or 0)


async def test_a_purge_takes_all_of_one_portal_and_is_reported_once(engine: AsyncEngine) -> None:
    gone, other = uuid4(), uuid4()
    async with engine.begin() as conn:
        for portal_id in (gone, other):
            await conn.execute(
                text("INSERT INTO notes SELECT :id, n FROM generate_series(1, 12000) AS n"), {"id": portal_id}
            )
        await purge.ask(conn, gone, "member", ASKED_AT)
        await purge.ask(conn, gone, "member", ASKED_AT)
    reports: list[tuple[UUID, datetime, dict[str, int]]] = []

    async def report(portal_id: UUID, asked_at: datetime, deleted: Mapping[str, int]) -> None:
        reports.append((portal_id, asked_at, dict(deleted)))

    purging = Purge(engine, {"notes": "portal_id = :portal_id"}, report)
    await purging.round()
    await purging.round()

    assert (await count(engine, gone), await count(engine, other)) == (0, 12000)
    assert reports == [(gone, ASKED_AT, {"notes": 12000})]


async def test_a_report_that_fails_is_made_again_and_a_portal_that_came_back_keeps_its_rows(
    engine: AsyncEngine,
) -> None:
    gone, back = uuid4(), uuid4()
    async with engine.begin() as conn:
        for portal_id in (gone, back):
            await conn.execute(text("INSERT INTO notes VALUES (:id, 1)"), {"id": portal_id})
            await purge.ask(conn, portal_id, "member", ASKED_AT)
        await purge.cancel(conn, back)
    tries: list[UUID] = []

    async def report(portal_id: UUID, _asked_at: datetime, _deleted: Mapping[str, int]) -> None:
        tries.append(portal_id)
        if len(tries) == 1:
            raise OSError("away")

    purging = Purge(engine, {"notes": "portal_id = :portal_id"}, report)
    with pytest.raises(OSError, match="away"):
        await purging.round()
    await purging.round()

    assert tries == [gone, gone]
    assert (await count(engine, gone), await count(engine, back)) == (0, 1)
