"""Change feeds: a reader skips nothing whoever commits first, and goes on from its cursor after a break."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from kit import changefeed
from kit.changefeed import Follower, Waker


async def append(conn: Any, word: str) -> None:
    await changefeed.append(conn, "feed", {"word": [word]}, {"word": "text"})


def reader(engine: AsyncEngine) -> Callable[[int, int], Awaitable[list[Any]]]:
    async def read(cursor: int, limit: int) -> list[Any]:
        async with engine.connect() as conn:
            found = await conn.execute(
                text("SELECT id, word FROM feed WHERE id > :cursor ORDER BY id LIMIT :n"),
                {"cursor": cursor, "n": limit},
            )
            return list(found.all())

    return read


async def end_of(engine: AsyncEngine) -> int:
    async with engine.connect() as conn:
        return int(await conn.scalar(text("SELECT coalesce(max(id), 0) FROM feed")) or 0)


@contextlib.asynccontextmanager
async def running(task: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    started = asyncio.create_task(task)
    try:
        yield
    finally:
        started.cancel()
        await asyncio.gather(started, return_exceptions=True)


async def test_a_reader_sees_both_of_two_writers_whoever_commits_last(engine: AsyncEngine, kit_dsn: str) -> None:
    start, seen = await end_of(engine), list[str]()
    waker = Waker(kit_dsn, "feed")

    async def follow() -> None:
        async for rows, _cursor in changefeed.pages(start, reader(engine), lambda row: int(row.id), waker):
            seen.extend(row.word for row in rows)

    async with running(waker.run()), running(follow()):
        async with engine.begin() as slow:
            await append(slow, "slow")  # has the lower id, commits later
            fast = asyncio.create_task(_append_alone(engine, "fast"))
            await asyncio.sleep(0.1)
            seen_before_the_slow_one = list(seen)
        await fast
        async with asyncio.timeout(5):
            while len(seen) < 2:  # noqa: ASYNC110 - there is no event to wait for
                await asyncio.sleep(0.01)

    assert seen_before_the_slow_one == []
    assert seen == ["slow", "fast"]


async def test_many_writers_at_once_lose_no_row_for_a_reader_that_goes_page_by_page(engine: AsyncEngine) -> None:
    cursor, words = await end_of(engine), {f"w{number}" for number in range(60)}
    read, seen = reader(engine), list[str]()
    writing = asyncio.gather(*(_append_alone(engine, word) for word in words))

    async with asyncio.timeout(10):
        while len(seen) < len(words):
            rows = await read(cursor, 7)
            seen += [row.word for row in rows]
            cursor = rows[-1].id if rows else cursor
            await asyncio.sleep(0)
    await writing

    assert sorted(seen) == sorted(words)


async def test_a_change_between_the_read_and_the_wait_is_not_slept_over(engine: AsyncEngine, kit_dsn: str) -> None:
    start, waker, read = await end_of(engine), Waker(kit_dsn, "feed"), reader(engine)

    async def read_then_be_overtaken(cursor: int, limit: int) -> list[Any]:
        rows = await read(cursor, limit)
        if cursor == start and not rows:
            await _append_alone(engine, "overtaking")
            await asyncio.sleep(0.2)  # its NOTIFY arrives before the reader waits
        return rows

    async with running(waker.run()):
        await asyncio.sleep(0.2)
        pages = changefeed.pages(start, read_then_be_overtaken, lambda row: int(row.id), waker)
        rows, _cursor = await asyncio.wait_for(anext(pages), 4)
        await pages.aclose()  # type: ignore[attr-defined] # it is an async generator

    assert [row.word for row in rows] == ["overtaking"]


async def test_readers_end_with_their_process(engine: AsyncEngine, kit_dsn: str) -> None:
    start, waker = await end_of(engine), Waker(kit_dsn, "feed")

    async def follow() -> None:
        async for _rows, _cursor in changefeed.pages(start, reader(engine), lambda row: int(row.id), waker):
            pass

    async with running(waker.run()):
        following = asyncio.create_task(follow())
        await asyncio.sleep(0.1)
        was_following = not following.done()
    async with asyncio.timeout(4):
        await following

    assert was_following


async def test_a_follower_goes_on_from_its_stored_cursor_after_the_stream_breaks() -> None:
    stored, applied, opened_at = [0], list[int](), list[int]()

    async def load() -> int:
        return stored[0]

    async def watch(cursor: int) -> AsyncIterator[int]:
        opened_at.append(cursor)
        for page in range(cursor + 1, 10):
            if page == 4 and len(opened_at) == 1:
                raise ConnectionError("the stream broke")
            yield page

    async def apply(page: int) -> None:
        if page == 6 and opened_at[-1] != 5:
            raise RuntimeError("the database is away")
        applied.append(page)
        stored[0] = page

    async with running(Follower(uuid4().hex, load, watch, apply).run()), asyncio.timeout(5):
        while stored[0] < 9:  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.01)

    assert opened_at[:3] == [0, 3, 5]
    assert applied == list(range(1, 10))


async def _append_alone(engine: AsyncEngine, word: str) -> None:
    async with engine.begin() as conn:
        await append(conn, word)
