"""Failures are counted with Redis and without it, and what was learned without it holds."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from portal.attempts import MAX_LOCK_S, Attempts, source_of


@pytest.fixture(params=["with redis", "without redis"])
async def attempts(request: Any, redis_url: str, clock: Any) -> AsyncIterator[Attempts]:
    redis = Redis.from_url(redis_url if request.param == "with redis" else "redis://127.0.0.1:1/0")
    yield Attempts(redis, uuid4().hex, 3, clock)
    await redis.aclose()


async def test_the_first_failures_cost_nothing_and_each_further_one_more(attempts: Attempts, clock: Any) -> None:
    locks = [await attempts.failed("a") for _ in range(11)]

    assert locks[:2] == [0, 0]
    assert locks[2:] == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert (await attempts.locked_s("a"), await attempts.locked_s("b")) == (MAX_LOCK_S, 0)
    clock.advance(61)
    assert await attempts.locked_s("a") == 0


async def test_success_forgives(attempts: Attempts) -> None:
    for _ in range(5):
        await attempts.failed("a")

    await attempts.forgive("a")

    assert await attempts.locked_s("a") == 0
    assert await attempts.failed("a") == 0


@pytest.mark.parametrize(
    ("remote_ip", "source"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "::ffff:203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("nonsense", "nonsense"),
        ("", ""),
    ],
)
def test_a_source_is_an_address_or_the_net_of_one_customer(remote_ip: str, source: str) -> None:
    assert source_of(remote_ip) == source
