"""The portal's bucket in a real Redis: never more than the platform allows, however many ask, and true waits."""

import asyncio
import time
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from bitrix.limiter import KEY, Budget, Limiter


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    redis = Redis.from_url(redis_url)
    yield redis
    await redis.aclose()


@pytest.mark.parametrize("asks", [[1] * 60, [3, 1, 7, 16] * 8, [50, 50], [16] * 5])
async def test_under_concurrency_no_more_is_granted_than_the_bucket_and_the_time_allow(
    redis: Redis, asks: list[int]
) -> None:
    budget, member_id = Budget(rate=20, burst=30), uuid4().hex
    workers = [Limiter(redis, budget) for _ in range(4)]
    started = time.monotonic()

    grants = await asyncio.gather(*(workers[number % 4].take(member_id, ask) for number, ask in enumerate(asks)))

    took = time.monotonic() - started
    granted = sum(grant.count for grant in grants)
    assert min(sum(asks), budget.burst) <= granted <= budget.burst + budget.rate * took + 1
    assert all(0 <= grant.count <= ask for grant, ask in zip(grants, asks, strict=True))
    assert all((grant.wait_s > 0) == (grant.count == 0) for grant in grants)


async def test_the_wait_told_is_the_time_until_one_more_fits(redis: Redis) -> None:
    limiter, member_id = Limiter(redis, Budget(rate=10, burst=3)), uuid4().hex
    await limiter.take(member_id, 3)

    refused = await limiter.take(member_id)
    await asyncio.sleep(refused.wait_s / 2)
    too_early = await limiter.take(member_id)
    await asyncio.sleep(too_early.wait_s + 0.005)
    in_time = await limiter.take(member_id)

    assert 0 < refused.wait_s <= 0.101
    assert too_early.count == 0
    assert in_time.count == 1


async def test_over_time_the_rate_is_kept(redis: Redis) -> None:
    limiter, member_id = Limiter(redis, Budget(rate=100, burst=5)), uuid4().hex
    started, granted = time.monotonic(), 0

    while time.monotonic() - started < 0.5:
        grant = await limiter.take(member_id, 4)
        granted += grant.count
        await asyncio.sleep(grant.wait_s)

    took = time.monotonic() - started
    assert 0.7 * 100 * took <= granted <= 5 + 100 * took + 1


async def test_portals_share_nothing_and_their_keys_go_away(redis: Redis) -> None:
    limiter, busy, idle = Limiter(redis, Budget(rate=1, burst=2)), uuid4().hex, uuid4().hex
    await limiter.take(busy, 2)

    grants = [(await limiter.take(member_id)).count for member_id in (busy, idle)]

    assert grants == [0, 1]
    assert 0 < await redis.pttl(KEY.format(member_id=busy)) <= 3000


async def test_while_redis_is_away_it_is_slower_but_not_unlimited() -> None:
    away = Redis.from_url("redis://127.0.0.1:1/0")
    limiter = Limiter(away, Budget(rate=2, burst=50))

    grants = [await limiter.take("m", 16) for _ in range(20)]
    other = await limiter.take("another portal", 16)
    await away.aclose()

    assert [grant.count for grant in grants] == [1] + [0] * 19
    assert all(0 < grant.wait_s <= 2 for grant in grants[1:])
    assert other.count == 1
