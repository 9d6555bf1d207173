"""A schema of kit's own on the session's Postgres."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from devstack.database import bootstrap
from kit import db


@pytest.fixture(scope="session")
async def kit_dsn(admin_dsn: str) -> str:
    return (await bootstrap(admin_dsn, "tests", ["kittest"]))["kittest"]


@pytest.fixture(scope="session")
async def engine(kit_dsn: str) -> AsyncIterator[AsyncEngine]:
    engine = db.engine(kit_dsn, 5)
    async with engine.begin() as conn:
        await conn.execute(
            text("CREATE TABLE feed (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, word text)")
        )
    yield engine
    await engine.dispose()
