"""Workers tell that they live."""

import asyncio
from datetime import timedelta

import pytest
from redis.exceptions import RedisError

from kit import heartbeat, queue, work
from kit.clock import utc_now

# arq 0.28 closes its pool by a name that redis-py has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:Call to deprecated close:DeprecationWarning")


async def _told(redis_url: str, current_job: str | None) -> list[heartbeat.Beat]:
    """What the worker of this test tells, when it is at something, or gone (None)."""
    redis, deadline = heartbeat.connect(redis_url), utc_now() + timedelta(seconds=10)
    try:
        while True:
            beats = [one for one in await heartbeat.read(redis, utc_now()) if one.name == "beating-worker"]
            if [one.current_job for one in beats] == ([] if current_job is None else [current_job]):
                return beats
            assert utc_now() < deadline, beats
            await asyncio.sleep(0.05)
    finally:
        await redis.aclose()


async def test_a_worker_tells_what_it_is_at_and_takes_its_word_back_when_it_ends(redis_url: str) -> None:
    async def look() -> None:
        """A job that is never rung."""

    with work.doing("piece", "dialogs"):
        worker = asyncio.create_task(queue.run_worker(redis_url, "beating", {"look": look}))
        [busy] = await _told(redis_url, "dialogs")
    [idle] = await _told(redis_url, "")
    worker.cancel()
    await asyncio.wait([worker])

    assert busy.state(busy.heartbeat_at) == "working"
    assert idle.state(idle.heartbeat_at) == "idle"
    assert idle.state(idle.heartbeat_at + heartbeat.LOST_AFTER + timedelta(seconds=1)) == "lost"
    assert await _told(redis_url, None) == []


async def test_a_worker_that_was_lost_long_ago_is_forgotten(redis_url: str) -> None:
    worker = asyncio.create_task(heartbeat.beat(redis_url, "gone"))
    await asyncio.sleep(0.5)
    redis = heartbeat.connect(redis_url)

    lost = await heartbeat.read(redis, utc_now() + timedelta(minutes=9))
    later = await heartbeat.read(redis, utc_now() + timedelta(minutes=11))
    worker.cancel()
    await asyncio.wait([worker])

    assert "gone" in [one.name for one in lost]
    assert later == []
    await redis.aclose()


async def test_without_redis_a_worker_lives_on_and_a_reader_is_told() -> None:
    worker = asyncio.create_task(heartbeat.beat("redis://127.0.0.1:1/0", "alone"))
    await asyncio.sleep(0.2)
    redis = heartbeat.connect("redis://127.0.0.1:1/0")

    with pytest.raises((RedisError, OSError)):
        await heartbeat.read(redis, utc_now())
    assert not worker.done()
    worker.cancel()
    await asyncio.wait([worker])
    await redis.aclose()
