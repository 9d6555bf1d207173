"""Indexes are built once for all who wait, off the loop, and the least used give way."""

import asyncio
import threading
from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest

from messaging.knowledge.cache import IndexCache
from messaging.knowledge.lexical import LexicalIndex
from messaging.knowledge.passage import Passage

PORTALS = [UUID(int=number) for number in range(4)]
ROOM = 2**30


class Rows:
    """A portal's rows; counts how often they are read, and may fail or take its time."""

    def __init__(self, text: str = "Отпуск оформляют в кадрах.") -> None:
        self.passages = [Passage(uuid4(), uuid4(), "", "", text)]
        self.reads = 0
        self.failure: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def load(self) -> Sequence[Passage]:
        self.reads += 1
        await self.gate.wait()
        if self.failure:
            raise self.failure
        return self.passages


async def test_an_index_is_built_once_and_kept() -> None:
    cache, rows = IndexCache(ROOM), Rows()

    first = await cache.get(PORTALS[0], 1, rows.load)
    second = await cache.get(PORTALS[0], 1, rows.load)

    assert first is second
    assert rows.reads == 1
    assert cache.size_bytes == first.size_bytes


async def test_all_who_ask_at_once_wait_for_one_build() -> None:
    cache, rows = IndexCache(ROOM), Rows()

    found = await asyncio.gather(*(cache.get(PORTALS[0], 1, rows.load) for _ in range(20)))

    assert len(set(map(id, found))) == 1
    assert rows.reads == 1


async def test_portals_and_versions_do_not_share_an_index() -> None:
    cache, ours, theirs, newer = IndexCache(ROOM), Rows("отпуск"), Rows("премия"), Rows("отгул")

    of_ours = await cache.get(PORTALS[0], 1, ours.load)
    of_theirs = await cache.get(PORTALS[1], 1, theirs.load)
    of_newer = await cache.get(PORTALS[0], 2, newer.load)

    assert not of_ours.search("премия", 5)
    assert of_theirs.search("премия", 5)
    assert of_newer.search("отгул", 5)


async def test_a_newer_version_takes_the_place_of_the_older() -> None:
    cache, rows = IndexCache(ROOM), Rows()

    await cache.get(PORTALS[0], 1, rows.load)
    newer = await cache.get(PORTALS[0], 2, rows.load)

    assert cache.size_bytes == newer.size_bytes


async def test_the_index_asked_for_longest_ago_gives_way() -> None:
    rows = Rows()
    size = LexicalIndex.build(rows.passages).size_bytes
    cache = IndexCache(2 * size)

    for portal in (PORTALS[0], PORTALS[1], PORTALS[0], PORTALS[2]):
        await cache.get(portal, 1, rows.load)
    reads = rows.reads
    await cache.get(PORTALS[0], 1, rows.load)
    await cache.get(PORTALS[1], 1, rows.load)

    assert reads == 3
    assert rows.reads == 4
    assert cache.size_bytes == 2 * size


async def test_an_index_larger_than_the_room_is_kept_alone() -> None:
    cache, rows = IndexCache(1), Rows()

    await cache.get(PORTALS[0], 1, rows.load)
    await cache.get(PORTALS[1], 1, rows.load)
    await cache.get(PORTALS[1], 1, rows.load)

    assert rows.reads == 2


async def test_a_failure_reaches_all_who_wait_and_the_next_one_tries_again() -> None:
    cache, rows = IndexCache(ROOM), Rows()
    rows.failure = ConnectionError("no database")

    found = await asyncio.gather(*(cache.get(PORTALS[0], 1, rows.load) for _ in range(3)), return_exceptions=True)
    rows.failure = None
    index = await cache.get(PORTALS[0], 1, rows.load)

    assert [type(one) for one in found] == [ConnectionError] * 3
    assert index.search("отпуск", 1)


async def test_one_who_gives_up_stops_nobody_else() -> None:
    cache, rows = IndexCache(ROOM), Rows()
    rows.gate.clear()
    impatient = asyncio.create_task(cache.get(PORTALS[0], 1, rows.load))
    patient = asyncio.create_task(cache.get(PORTALS[0], 1, rows.load))
    await asyncio.sleep(0)

    impatient.cancel()
    rows.gate.set()

    assert (await patient).search("отпуск", 1)
    with pytest.raises(asyncio.CancelledError):
        await impatient
    assert rows.reads == 1


async def test_building_leaves_the_loop_free() -> None:
    cache, loop_thread, seen = IndexCache(ROOM), threading.get_ident(), []

    class Telling(list[Passage]):
        def __iter__(self):  # type: ignore[no-untyped-def]
            seen.append(threading.get_ident())
            return super().__iter__()

    async def load() -> Sequence[Passage]:
        return Telling(Rows().passages)

    await cache.get(PORTALS[0], 1, load)

    assert seen
    assert loop_thread not in seen
