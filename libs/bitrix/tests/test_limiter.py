"""The portal's bucket in a real Redis: never more than the platform allows, however many ask, and true waits."""

import asyncio
import time
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from bitrix.breaker import Breaker, Passage
from bitrix.decisions import failure
from bitrix.errors import BitrixError, Kind
from bitrix.limiter import ENTERPRISE, KEY, Budget, Limiter, Priority
from bitrix.shared import Shared


@pytest.mark.parametrize("asks", [[1] * 60, [3, 1, 7, 16] * 8, [50, 50], [16] * 5])
async def test_under_concurrency_no_more_is_granted_than_the_bucket_and_the_time_allow(
    redis: Redis, asks: list[int]
) -> None:
    budget, member_id = Budget(rate=20, burst=30), uuid4().hex
    workers = [Limiter(Shared(redis), budget) for _ in range(4)]
    started = time.monotonic()

    grants = await asyncio.gather(*(workers[number % 4].take(member_id, ask) for number, ask in enumerate(asks)))

    took = time.monotonic() - started
    granted = sum(grant.count for grant in grants)
    assert min(sum(asks), budget.burst) <= granted <= budget.burst + budget.rate * took + 1
    assert all(0 <= grant.count <= ask for grant, ask in zip(grants, asks, strict=True))
    assert all((grant.wait_s > 0) == (grant.count == 0) for grant in grants)


async def test_the_wait_told_is_the_time_until_one_more_fits(redis: Redis) -> None:
    limiter, member_id = Limiter(Shared(redis), Budget(rate=2, burst=3)), uuid4().hex
    await limiter.take(member_id, 3)

    refused = await limiter.take(member_id)
    await asyncio.sleep(refused.wait_s / 2)
    too_early = await limiter.take(member_id)
    await asyncio.sleep(too_early.wait_s + 0.005)
    in_time = await limiter.take(member_id)

    assert 0 < refused.wait_s <= 0.501
    assert too_early.count == 0
    assert in_time.count == 1


_asks = st.lists(st.tuples(st.integers(1, 60), st.sampled_from(Priority), st.booleans()), max_size=30)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(3, 60), _asks)
async def test_whoever_asks_in_whatever_order_no_more_goes_than_the_bucket_holds(
    redis: Redis, burst: int, asks: list[tuple[int, Priority, bool]]
) -> None:
    """The urgent may fill all of it; the others leave its upper part to them. It drains ten times in a second."""
    limiter, member_id = Limiter(Shared(redis), Budget(rate=10, burst=burst)), uuid4().hex
    started, granted = time.monotonic(), 0

    for wanted, priority, is_waiting in asks:
        grant = await limiter.take(member_id, wanted, priority=priority)
        granted += grant.count
        most = burst + 10 * (time.monotonic() - started)
        assert 0 <= grant.count <= wanted
        assert (grant.wait_s > 0) == (grant.count == 0)
        assert granted <= most + 1
        if priority is Priority.INTERACTIVE and granted < burst:
            assert grant.count == wanted  # nothing was held back while there was room
        if is_waiting and grant.wait_s and grant.wait_s < 0.15:
            await asyncio.sleep(grant.wait_s + 0.005)
            assert (await limiter.take(member_id, priority=priority)).count == 1
            granted += 1


async def _slept_over(seconds: float) -> float:
    """Sleep; returns by how much that was too long."""
    woken = time.monotonic() + seconds
    await asyncio.sleep(seconds)
    return time.monotonic() - woken


async def test_over_time_the_rate_is_kept(redis: Redis) -> None:
    limiter, member_id = Limiter(Shared(redis), Budget(rate=100, burst=5)), uuid4().hex
    started, granted, late = time.monotonic(), 0, 0.0

    while time.monotonic() - started < 0.5:
        grant = await limiter.take(member_id, 4)
        granted += grant.count
        late += await _slept_over(grant.wait_s)

    took = time.monotonic() - started
    assert 0.7 * 100 * (took - late) <= granted <= 5 + 100 * took + 1


async def test_portals_share_nothing_and_their_keys_go_away(redis: Redis) -> None:
    limiter, busy, idle = Limiter(Shared(redis), Budget(rate=1, burst=2)), uuid4().hex, uuid4().hex
    await limiter.take(busy, 2)

    grants = [(await limiter.take(member_id)).count for member_id in (busy, idle)]

    assert grants == [0, 1]
    assert 0 < await redis.pttl(KEY.format(member_id=busy)) <= 3000


async def test_while_redis_is_away_it_is_slower_but_not_unlimited() -> None:
    away = Redis.from_url("redis://127.0.0.1:1/0")
    limiter = Limiter(Shared(away), Budget(rate=2, burst=50))

    grants = [await limiter.take("m", 16) for _ in range(20)]
    other = await limiter.take("another portal", 16)
    await away.aclose()

    assert [grant.count for grant in grants] == [1] + [0] * 19
    assert all(0 < grant.wait_s <= 2 for grant in grants[1:])
    assert other.count == 1


async def test_the_more_urgent_find_room_where_others_wait(redis: Redis) -> None:
    limiter, member_id = Limiter(Shared(redis), Budget(rate=0.1, burst=10)), uuid4().hex

    counts = [
        (await limiter.take(member_id, 10, priority=priority)).count
        for priority in (Priority.BULK, Priority.WELCOME, Priority.INTERACTIVE, Priority.INTERACTIVE)
    ]

    assert counts == [3, 3, 4, 0]


async def test_bulk_alone_gets_the_whole_rate(redis: Redis) -> None:
    limiter, member_id = Limiter(Shared(redis), Budget(rate=100, burst=10)), uuid4().hex
    started, granted, late = time.monotonic(), 0, 0.0

    while time.monotonic() - started < 0.5:
        grant = await limiter.take(member_id, priority=Priority.BULK)
        granted += grant.count
        late += await _slept_over(grant.wait_s)

    assert granted >= 0.7 * 100 * (time.monotonic() - started - late)


async def test_a_portal_may_have_a_budget_of_its_own(redis: Redis) -> None:
    limiter, member_id = Limiter(Shared(redis), Budget(rate=1, burst=2)), uuid4().hex
    another_process = Limiter(Shared(redis), Budget(rate=1, burst=2))

    await limiter.set_budget(member_id, ENTERPRISE)

    assert (await another_process.take(member_id, 500)).count == ENTERPRISE.burst


async def test_a_braked_method_rests_and_takes_nothing_from_the_bucket(redis: Redis) -> None:
    limiter, member_id = Limiter(Shared(redis), Budget(rate=0.1, burst=1)), uuid4().hex
    await limiter.brake(member_id, 30, "User.Get")

    braked = await limiter.take(member_id, methods=["batch", "user.get"])
    free = await limiter.take(member_id, methods=["profile"])

    assert (braked.count, braked.is_braked) == (0, True)
    assert 29 < braked.wait_s <= 30
    assert free.count == 1


async def test_who_waits_is_told_early_that_nothing_will_come_in_time(redis: Redis) -> None:
    limiter, member_id = Limiter(Shared(redis), Budget(rate=0.1, burst=1)), uuid4().hex
    loop = asyncio.get_running_loop()
    started = loop.time()
    await limiter.wait(member_id, started + 6, Priority.INTERACTIVE, ["profile"])

    with pytest.raises(BitrixError) as late:
        await limiter.wait(member_id, started + 6, Priority.INTERACTIVE, ["profile"])

    assert (late.value.kind, late.value.code) == (Kind.THROTTLE, "rate_budget_used_up")
    assert 7 < (late.value.retry_after_s or 0) <= 10
    assert loop.time() - started < 3


async def test_while_redis_is_away_brakes_and_breakers_do_no_harm() -> None:
    away = Redis.from_url("redis://127.0.0.1:1/0")
    limiter, breaker = Limiter(Shared(away), Budget()), Breaker(Shared(away))

    await limiter.brake("m", 5)
    passage = await breaker.enter("m")
    await breaker.tell("m", passage, failure("no_answer"))
    await breaker.tell("m", Passage(0, is_watched=True), None)
    await away.aclose()

    assert passage == Passage(0.0, is_watched=False)
