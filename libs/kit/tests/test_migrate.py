"""A migration under those who write meanwhile."""

import asyncio
import time
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from kit import migrate

ENV = "from kit.migrate import run_env\n\nrun_env()\n"
FIRST = """
from alembic import op
revision, down_revision = "0001", None
def upgrade() -> None:
    op.execute("CREATE TABLE letters (id int PRIMARY KEY)")
"""
SECOND = """
from alembic import op
revision, down_revision = "0002", "0001"
def upgrade() -> None:
    op.execute("ALTER TABLE letters ADD COLUMN word text NOT NULL DEFAULT ''")
"""


@pytest.fixture
async def folder(tmp_path: Path, kit_dsn: str) -> Path:
    (tmp_path / "versions").mkdir()
    (tmp_path / "env.py").write_text(ENV)
    (tmp_path / "versions" / "0001_letters.py").write_text(FIRST)
    session = await asyncpg.connect(kit_dsn)
    await session.execute("DROP TABLE IF EXISTS letters, alembic_version")
    await session.close()
    await asyncio.to_thread(migrate.upgrade, tmp_path, "kittest", kit_dsn)
    (tmp_path / "versions" / "0002_words.py").write_text(SECOND)
    return tmp_path


async def test_it_gives_way_to_writers_and_gets_through_when_the_table_is_free(folder: Path, kit_dsn: str) -> None:
    holder, writer = await asyncpg.connect(kit_dsn), await asyncpg.connect(kit_dsn)
    long = holder.transaction()
    await long.start()
    await holder.execute("INSERT INTO letters VALUES (0)")

    migrating = asyncio.create_task(asyncio.to_thread(migrate.upgrade, folder, "kittest", kit_dsn, 0.2))
    waits = []
    for number in range(1, 60):
        began = time.monotonic()
        await writer.execute("INSERT INTO letters VALUES ($1)", number)
        waits.append(time.monotonic() - began)
        await asyncio.sleep(0.05)
    under_way = not migrating.done()
    await long.commit()
    await migrating
    words = await writer.fetchval("SELECT count(word) FROM letters")
    await holder.close()
    await writer.close()

    assert under_way
    assert words == 60
    assert max(waits) < migrate.LOCK_TIMEOUT_MS / 1000 + 1
    assert sum(wait > 0.5 for wait in waits) >= 1  # it did stand in their way for a moment


async def test_what_is_wrong_is_said_at_once(folder: Path, kit_dsn: str) -> None:
    wrong = SECOND.replace("ADD COLUMN word", "ADD COLUMN id")
    (folder / "versions" / "0002_words.py").write_text(wrong)

    began = time.monotonic()
    with pytest.raises(DBAPIError, match="already exists"):
        await asyncio.to_thread(migrate.upgrade, folder, "kittest", kit_dsn)

    assert time.monotonic() - began < 5


async def test_a_release_that_is_rolled_back_leaves_the_schema_of_the_next_as_it_is(
    folder: Path, kit_dsn: str
) -> None:
    await asyncio.to_thread(migrate.upgrade, folder, "kittest", kit_dsn)
    (folder / "versions" / "0002_words.py").unlink()

    await asyncio.to_thread(migrate.upgrade, folder, "kittest", kit_dsn)

    session = await asyncpg.connect(kit_dsn)
    revision = await session.fetchval("SELECT version_num FROM alembic_version")
    words = await session.fetchval("SELECT count(word) FROM letters")
    await session.close()
    assert (revision, words) == ("0002", 0)
