"""What counts as a database that is away."""

import pytest
from sqlalchemy import exc, text
from sqlalchemy.ext.asyncio import AsyncEngine

from kit import db


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
