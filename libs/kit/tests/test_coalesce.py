"""Group commit: an item alone waits for nobody; while a flush runs others gather, in order and bounded."""

import asyncio
import gc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.coalesce import Coalescer, Lines


class Flushes:
    """What was flushed; a flush ends when the gate is open."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.failing = False
        self.under_way = self.most_under_way = 0

    async def __call__(self, items: list[int]) -> list[str]:
        self.batches.append(items)
        self.under_way += 1
        self.most_under_way = max(self.under_way, self.most_under_way)
        try:
            await self.gate.wait()
        finally:
            self.under_way -= 1
        if self.failing:
            raise ConnectionError("away")
        return [f"<{item}>" for item in items]


def coalescer(
    flushes: Flushes,
    *,
    max_items: int = 100,
    max_weight: int = 1000,
    max_in_flight: int = 1,
    worth_another: int = 1,
) -> Coalescer[int, str]:
    return Coalescer(
        flushes,
        max_items=max_items,
        max_weight=max_weight,
        max_in_flight=max_in_flight,
        worth_another=worth_another,
        weigh=lambda item: item,
    )


async def test_an_item_alone_is_flushed_at_once() -> None:
    flushes = Flushes()

    submitted = asyncio.create_task(coalescer(flushes).submit(7))
    await _turns(3)

    assert flushes.batches == [[7]]
    assert await submitted == "<7>"


async def test_what_comes_while_a_flush_runs_shares_the_next_in_order() -> None:
    flushes = Flushes()
    flushes.gate.clear()
    gathering = coalescer(flushes)
    submitted = [asyncio.create_task(gathering.submit(number)) for number in range(6)]
    await _turns(3)
    late = [asyncio.create_task(gathering.submit(number)) for number in range(6, 9)]
    await _turns(3)
    waiting = gathering.depth

    flushes.gate.set()
    results = await asyncio.gather(*submitted, *late)

    assert waiting == 3
    assert flushes.batches == [[0, 1, 2, 3, 4, 5], [6, 7, 8]]
    assert results == [f"<{number}>" for number in range(9)]


async def test_another_flush_begins_beside_one_under_way_when_it_is_worth_it() -> None:
    flushes = Flushes()
    flushes.gate.clear()
    gathering = coalescer(flushes, max_in_flight=2, worth_another=3)
    submitted = [asyncio.create_task(gathering.submit(0))]
    await _turns(3)
    submitted += [asyncio.create_task(gathering.submit(number)) for number in (1, 2)]
    await _turns(3)
    with_two_waiting = len(flushes.batches)
    submitted.append(asyncio.create_task(gathering.submit(3)))
    await _turns(3)

    assert (with_two_waiting, flushes.batches) == (1, [[0], [1, 2, 3]])
    flushes.gate.set()
    await asyncio.gather(*submitted)


async def test_too_few_to_be_worth_another_flush_go_with_the_next() -> None:
    flushes = Flushes()
    gathering = coalescer(flushes, max_in_flight=2, worth_another=100)

    results = await asyncio.wait_for(asyncio.gather(*map(gathering.submit, range(5))), 5)

    assert results == [f"<{number}>" for number in range(5)]


async def test_items_with_one_key_are_never_in_two_flushes_at_once() -> None:
    flushes = Flushes()
    flushes.gate.clear()
    gathering = Coalescer(
        flushes,
        max_items=100,
        max_weight=100,
        max_in_flight=2,
        weigh=lambda _item: 1,
        key_of=lambda item: item % 3,
    )
    submitted = [asyncio.create_task(gathering.submit(3))]
    await _turns(3)
    submitted += [asyncio.create_task(gathering.submit(number)) for number in (6, 1, 9, 2, 4)]
    await _turns(3)
    under_way = list(flushes.batches)

    flushes.gate.set()
    results = await asyncio.gather(*submitted)

    assert under_way == [[3], [1, 2, 4]]
    assert flushes.batches == [[3], [1, 2, 4], [6, 9]]
    assert results == ["<3>", "<6>", "<1>", "<9>", "<2>", "<4>"]


async def test_a_failure_reaches_everybody_of_its_batch_and_nobody_else() -> None:
    flushes = Flushes()
    flushes.failing = True
    gathering = coalescer(flushes)

    failed = await asyncio.gather(*(gathering.submit(number) for number in range(4)), return_exceptions=True)
    flushes.failing = False
    next_one = await gathering.submit(4)

    assert {type(error) for error in failed} == {ConnectionError}
    assert next_one == "<4>"


async def test_a_submitter_who_gave_up_stops_nobody() -> None:
    flushes = Flushes()
    flushes.gate.clear()
    gathering = coalescer(flushes)
    impatient, patient = asyncio.create_task(gathering.submit(1)), asyncio.create_task(gathering.submit(2))
    await _turns(3)

    impatient.cancel()
    flushes.gate.set()

    assert await patient == "<2>"
    with pytest.raises(asyncio.CancelledError):
        await impatient


async def test_drain_waits_for_all_that_was_submitted() -> None:
    flushes = Flushes()
    gathering = coalescer(flushes, max_items=2)
    submitted = [asyncio.create_task(gathering.submit(number)) for number in range(5)]
    await _turns(1)

    await gathering.drain()

    assert sum(map(len, flushes.batches)) == 5
    assert await asyncio.gather(*submitted)


@settings(max_examples=50, deadline=None)
@given(
    items=st.lists(st.integers(1, 30), min_size=1, max_size=40),
    max_items=st.integers(1, 7),
    max_weight=st.integers(1, 60),
    max_in_flight=st.integers(1, 3),
)
def test_no_batch_is_above_its_bounds_and_the_order_is_kept(
    items: list[int], max_items: int, max_weight: int, max_in_flight: int
) -> None:
    async def run() -> tuple[Flushes, list[str]]:
        flushes = Flushes()
        gathering = coalescer(flushes, max_items=max_items, max_weight=max_weight, max_in_flight=max_in_flight)
        return flushes, await asyncio.gather(*map(gathering.submit, items))

    with asyncio.Runner() as runner:
        flushes, results = runner.run(run())

    assert results == [f"<{item}>" for item in items]
    assert [item for batch in flushes.batches for item in batch] == items
    assert all(len(batch) <= max_items for batch in flushes.batches)
    assert all(sum(batch) <= max_weight or len(batch) == 1 for batch in flushes.batches)
    assert flushes.most_under_way <= max_in_flight


async def _turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_what_has_one_key_is_flushed_together_and_keys_do_not_wait_for_each_other() -> None:
    flushes = Flushes()
    flushes.gate.clear()
    lines = Lines(flushes, max_weight=1000, weigh=lambda _item: 1)

    busy = [asyncio.create_task(lines.submit("busy", 0))]
    await asyncio.sleep(0.01)
    busy += [asyncio.create_task(lines.submit("busy", number)) for number in range(1, 5)]
    other = asyncio.create_task(lines.submit("other", 9))
    await asyncio.sleep(0.01)
    under_way = list(flushes.batches)
    flushes.gate.set()
    told = await asyncio.gather(*busy, other)

    assert under_way == [[0], [9]]
    assert flushes.batches == [[0], [9], [1, 2, 3, 4]]
    assert told == [*(f"<{number}>" for number in range(5)), "<9>"]


async def test_a_line_is_gone_when_it_is_empty() -> None:
    flushes = Flushes()
    lines = Lines(flushes, max_weight=1000, weigh=lambda _item: 1)

    await lines.submit("busy", 1)
    await asyncio.sleep(0.01)
    gc.collect()

    assert len(lines) == 0
