"""The benchmark measures what it says: events that are acknowledged and stored."""

import pytest

from bench.ingest import Bench, NotDurable, Plan, Runs, check
from bench.system import engines
from bench.targets import Target, ours


async def test_every_acknowledged_event_is_stored_once() -> None:
    closed_loop, open_loop = Runs(), Runs()

    async with engines() as running, ours(running) as target:
        bench = Bench(Plan(rounds=1, warm_s=0.5, measure_s=2), running.settle)
        await bench.measure(closed_loop, target)
        await bench.measure(open_loop, target, rate=50)

    assert closed_loop.rows_checked == closed_loop.results[0].sent > 100
    assert open_loop.rows_checked == open_loop.results[0].sent
    assert open_loop.results[0].per_second == pytest.approx(50, rel=0.5)


@pytest.mark.parametrize("found", [(9, 9), (11, 10), (10, 9)])
async def test_an_event_lost_or_doubled_is_told(found: tuple[int, int]) -> None:
    async def stored(_first_id: int, _end_id: int) -> tuple[int, int]:
        return found

    target = Target("liar", 0, {}, stored)

    with pytest.raises(NotDurable):
        await check(target, 1, 10, patience_s=0)
