"""The release before on today's schema: its statements find their columns, its rows are whole.

A checkout without its commit cannot say anything, so it fails instead of passing by.
"""

import asyncio
import importlib.util
import os
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import MetaData

from devstack.database import CONTEXTS, bootstrap
from devstack.postgres import embedded_postgres
from tests.ops import previous


@pytest_asyncio.fixture(scope="module")
async def columns(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mapping[str, dict[str, bool]]]:
    """Of each `schema.table` as the migrations make it: its columns, and whether an INSERT may leave one out."""
    folder: Path = tmp_path_factory.mktemp("previous")
    async with embedded_postgres(folder / "postgres", 0, durable=False) as admin:
        dsns = await bootstrap(admin, "secret")
        await asyncio.gather(*(_migrate(context, dsn) for context, dsn in dsns.items()))
        session = await asyncpg.connect(admin)
        rows = await session.fetch(
            """
            SELECT table_schema || '.' || table_name AS name, column_name,
                   is_nullable = 'YES' OR column_default IS NOT NULL OR is_identity = 'YES'
                   OR is_generated <> 'NEVER' AS may_be_left_out
            FROM information_schema.columns WHERE table_schema = ANY($1)
            """,
            list(CONTEXTS),
        )
        await session.close()
    found: dict[str, dict[str, bool]] = {}
    for row in rows:
        found.setdefault(row["name"], {})[row["column_name"]] = row["may_be_left_out"]
    yield found


async def _migrate(context: str, dsn: str) -> None:
    told = {"TB_DATABASE_DSN": dsn, "TB_REDIS_URL": "redis://127.0.0.1:1/0", "TB_SECRET_KEYS": "unused"}
    line = [sys.executable, "-m", context, "migrate"]
    process = await asyncio.create_subprocess_exec(*line, env={**os.environ, **told})
    assert await process.wait() == 0


def _tables(context: str, tree: Path, folder: Path) -> MetaData:
    """The tables as the previous release's statements see them."""
    source = tree / f"{context}-service" / context / "tables.py"
    if not source.exists():
        pytest.skip(f"{context} writes its statements as text: test_upgrade runs them")
    shown = source.read_text()
    file = folder / f"previous_{context}_tables.py"
    file.write_text(shown)
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    metadata: MetaData = module.metadata
    return metadata


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return previous.sources(tmp_path_factory.mktemp("sources"))


@pytest.mark.parametrize("context", CONTEXTS)
def test_its_statements_find_their_columns_and_its_rows_are_taken(
    context: str, columns: Mapping[str, dict[str, bool]], tree: Path, tmp_path: Path
) -> None:
    tables = _tables(context, tree, tmp_path).tables
    assert tables
    for name, table in tables.items():
        now = columns[f"{context}.{name}"]
        known = {column.name for column in table.columns}
        assert known <= now.keys(), f"{name} lost {known - now.keys()}"
        wanted = {column for column, may_be_left_out in now.items() if not may_be_left_out}
        assert wanted <= known, f"the release before does not fill {wanted - known} of {name}"
