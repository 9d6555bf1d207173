"""From the bell to the work: nothing rung is missed, and one failure stops nobody."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest

from kit import dispatch
from kit.dispatch import Dispatcher


class Work:
    """Pieces to be claimed; `handle` waits for the gate and fails on the pieces of `bad`."""

    def __init__(self) -> None:
        self.waiting: list[int] = []
        self.claims: list[int] = []
        self.done: list[int] = []
        self.bad: set[int] = set()
        self.gate = asyncio.Event()
        self.gate.set()
        self.claim_failures = 0

    async def claim(self, free: int) -> list[int]:
        self.claims.append(free)
        if self.claim_failures:
            self.claim_failures -= 1
            raise ConnectionError("the database is away")
        taken, self.waiting = self.waiting[:free], self.waiting[free:]
        return taken

    async def handle(self, piece: int) -> float | None:
        await self.gate.wait()
        if piece in self.bad:
            raise RuntimeError("broken piece")
        self.done.append(piece)
        return None


async def until(met: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not met():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def running(task: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    started = asyncio.create_task(task)
    try:
        yield
    finally:
        started.cancel()
        await asyncio.gather(started, return_exceptions=True)


async def test_a_ring_while_busy_is_not_missed() -> None:
    work = Work()
    work.waiting = [1]
    work.gate.clear()
    dispatcher = Dispatcher("test", work.claim, work.handle, 4)

    async with running(dispatcher.run()):
        await dispatcher.ring()
        await until(lambda: work.waiting == [])
        work.waiting = [2]
        await dispatcher.ring()
        await until(lambda: work.waiting == [])
        work.gate.set()
        await until(lambda: sorted(work.done) == [1, 2])


async def test_more_work_than_places_is_claimed_as_places_become_free() -> None:
    work = Work()
    work.waiting = list(range(50))
    dispatcher = Dispatcher("test", work.claim, work.handle, 4)

    async with running(dispatcher.run()):
        await dispatcher.ring()
        await until(lambda: len(work.done) == 50)

    assert max(work.claims) == 4


async def test_the_failure_of_one_piece_and_of_a_claim_stops_nobody() -> None:
    work = Work()
    work.waiting, work.bad, work.claim_failures = [1, 2, 3], {2}, 1
    dispatcher = Dispatcher("test", work.claim, work.handle, 4)

    async with running(dispatcher.run()):
        await dispatcher.ring()
        await until(lambda: work.claims == [4])
        await dispatcher.ring()
        await until(lambda: sorted(work.done) == [1, 3])
        work.waiting = [4]
        await dispatcher.ring()
        await until(lambda: sorted(work.done) == [1, 3, 4])


async def test_a_piece_may_ask_to_be_looked_at_again() -> None:
    looks = Counter[str]()

    async def claim(_free: int) -> list[str]:
        looks["claims"] += 1
        return ["piece"] if looks["claims"] in {1, 4} else []

    async def handle(_piece: str) -> float | None:
        looks["handled"] += 1
        return 0.01 if looks["handled"] == 1 else None

    dispatcher = Dispatcher("test", claim, handle, 1)
    async with running(dispatcher.run()):
        await dispatcher.ring()
        await until(lambda: looks["claims"] >= 3)


async def test_while_work_is_under_way_more_gathers_and_nothing_waits_without() -> None:
    work = Work()
    work.gate.clear()
    dispatcher = Dispatcher("test", work.claim, work.handle, 50, gather_s=0.2)

    async with running(dispatcher.run()):
        work.waiting = [0]
        await dispatcher.ring()
        await until(lambda: work.claims == [50])  # at once: nothing was under way
        for number in range(1, 11):
            work.waiting.append(number)
            await dispatcher.ring()
            await asyncio.sleep(0.01)
        while_gathering = len(work.claims)
        await until(lambda: work.waiting == [])
        work.gate.set()
        await until(lambda: len(work.done) == 11)

    assert while_gathering == 1
    assert len(work.claims) == 2


async def test_what_is_held_when_the_process_is_to_end_is_done_and_nothing_more_is_claimed() -> None:
    work = Work()
    work.waiting = [1, 2]
    work.gate.clear()
    dispatcher = Dispatcher("test", work.claim, work.handle, 1)
    run = asyncio.create_task(dispatcher.run())
    await dispatcher.ring()
    await until(lambda: work.waiting == [2])

    run.cancel()
    await asyncio.sleep(0.05)
    was_waiting = not run.done()
    work.gate.set()
    await asyncio.wait([run])

    assert was_waiting
    assert run.cancelled()
    assert (work.done, work.waiting) == ([1], [2])


async def test_a_claim_under_way_is_not_broken_off() -> None:
    work = Work()
    claimed, go_on = asyncio.Event(), asyncio.Event()

    async def claim(free: int) -> list[int]:
        claimed.set()
        await go_on.wait()
        return await work.claim(free)

    work.waiting = [1]
    dispatcher = Dispatcher("test", claim, work.handle, 4)
    run = asyncio.create_task(dispatcher.run())
    await dispatcher.ring()
    await claimed.wait()

    run.cancel()
    await asyncio.sleep(0)
    go_on.set()
    await asyncio.wait([run])

    assert work.done == [1]


async def test_what_never_ends_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "DRAIN_S", 0.05)
    work = Work()
    work.waiting = [1]
    work.gate.clear()
    dispatcher = Dispatcher("test", work.claim, work.handle, 1)
    run = asyncio.create_task(dispatcher.run())
    await dispatcher.ring()
    await until(lambda: work.waiting == [])

    run.cancel()
    async with asyncio.timeout(5):
        await asyncio.wait([run])
    work.gate.set()
    await asyncio.sleep(0)

    assert work.done == []
