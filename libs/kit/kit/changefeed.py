"""Change feeds: a table with a monotonic id in the owner's schema, woken by LISTEN/NOTIFY, read in pages.

Writers append under an advisory lock that is held to the commit, so that ids become visible in their order
and a reader that has seen id N has seen everything below it (docs/adr/0005).
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar

import asyncpg
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from kit import metrics
from kit.db import sql

log = structlog.get_logger("feed")

T = TypeVar("T")
PAGE = 200
_IDLE_S = 5.0
_RETRY_S = 1.0


async def append(
    conn: AsyncConnection, table: str, columns: dict[str, Sequence[Any]], types: dict[str, str]
) -> None:
    """Append rows to a feed table, given as equally long columns with their Postgres types, and wake readers.

    Must be the transaction's last statement: the lock is held until it ends.
    """
    names = ", ".join(columns)
    arrays = ", ".join(f"CAST(:{name} AS {types[name]}[])" for name in columns)
    await conn.execute(
        sql(f"""
            WITH woken AS MATERIALIZED (
                SELECT pg_advisory_xact_lock(hashtext(:table)), pg_notify(:table, '')
            )
            INSERT INTO {table} ({names}) SELECT new.* FROM woken CROSS JOIN unnest({arrays}) AS new
        """),  # noqa: S608 - our own names
        {"table": table, **{name: list(values) for name, values in columns.items()}},
    )


async def load_cursor(conn: AsyncConnection, feed: str) -> int:
    """Return how far a followed feed was taken, from the schema's table `feed_cursors`; 0 = not at all."""
    return await conn.scalar(sql("SELECT cursor FROM feed_cursors WHERE feed = :feed"), {"feed": feed}) or 0


async def advance_cursor(conn: AsyncConnection, feed: str, cursor: int) -> bool:
    """Move a followed feed's cursor forward and lock it; False when it is there already: an old page."""
    moved = await conn.execute(
        sql("""
            INSERT INTO feed_cursors (feed, cursor) VALUES (:feed, :cursor)
            ON CONFLICT (feed) DO UPDATE SET cursor = excluded.cursor WHERE feed_cursors.cursor < excluded.cursor
        """),
        {"feed": feed, "cursor": cursor},
    )
    return moved.rowcount == 1


_LOST = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)


class Waker:
    """Listens to a feed's channel on one connection and wakes every reader in this process."""

    def __init__(self, dsn: str, table: str) -> None:
        self._dsn = dsn
        self._table = table
        self._event = asyncio.Event()
        self.is_over = False
        """Whether the process is about to end, and readers with it."""

    async def run(self) -> None:
        """Listen until cancelled, connecting again when the connection is lost."""
        self.is_over = False
        try:
            while True:
                with contextlib.suppress(*_LOST):
                    await self._listen()
                await asyncio.sleep(_RETRY_S)
        finally:
            self.is_over = True
            self._wake()

    def next_change(self) -> asyncio.Event:
        """Return what is set at the next change. Taken before a read, it tells of changes during it too."""
        return self._event

    async def _listen(self) -> None:
        conn = await asyncpg.connect(self._dsn, timeout=5)
        try:
            lost = asyncio.Event()
            conn.add_termination_listener(lambda _conn: lost.set())
            await conn.add_listener(self._table, self._wake)
            self._wake()
            await lost.wait()
        finally:
            with contextlib.suppress(*_LOST):  # it would stand in the way of a cancellation
                await conn.close(timeout=1)

    def _wake(self, *_args: object) -> None:
        self._event.set()
        self._event = asyncio.Event()


async def pages(
    cursor: int,
    read: Callable[[int, int], Awaitable[list[T]]],
    cursor_of: Callable[[T], int],
    waker: Waker,
    gather_s: float = 0.0,
) -> AsyncIterator[tuple[list[T], int]]:
    """Yield (rows, cursor) while the waker lives: read pages until one is not full, then wait for a change.

    After a page what comes next gathers for `gather_s`: taking one costs about the same for one row as for many.
    """
    while not waker.is_over:
        change = waker.next_change()
        rows = await read(cursor, PAGE)
        if rows:
            cursor = cursor_of(rows[-1])
            yield rows, cursor
            await asyncio.sleep(gather_s)
        if len(rows) < PAGE:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(change.wait(), _IDLE_S)


class Follower(Generic[T]):
    """Follows another context's feed; the cursor is stored together with what was made of each page."""

    def __init__(
        self,
        name: str,
        load_cursor: Callable[[], Awaitable[int]],
        watch: Callable[[int], AsyncIterator[T]],
        apply: Callable[[T], Awaitable[None]],
    ) -> None:
        """Take how to load the cursor, open the stream after it, and apply one page with its cursor."""
        self._name = name
        self._load_cursor = load_cursor
        self._watch = watch
        self._apply = apply

    async def run(self) -> None:
        """Follow until cancelled; after a failure start again from the stored cursor."""
        while True:
            try:
                async for page in self._watch(await self._load_cursor()):
                    await self._apply(page)
            except Exception as error:  # noqa: BLE001 - a follower must outlive any failure of its source
                metrics.BACKGROUND_FAILURES.labels(f"follow_{self._name}").inc()
                log.warning("feed interrupted", feed=self._name, error=repr(error))
            await asyncio.sleep(_RETRY_S)
