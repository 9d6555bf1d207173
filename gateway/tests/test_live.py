"""The live stream by itself: one look for all who follow, and an end when the server stops."""

import asyncio
import time

from edge.live import Live
from edge.schemas.system import Queues, Seen, SystemHealth


async def test_who_follow_share_one_look_and_a_server_that_stops_ends_them() -> None:
    looks, is_stopping = 0, False

    async def look() -> Seen:
        nonlocal looks
        looks += 1
        health = SystemHealth(status="ok", checked_at="now", components=[])
        return Seen(health=health, queues=Queues(items=[], next_cursor=None, missing=[]))

    live = Live(look, lambda: is_stopping)

    async def follow() -> list[str]:
        return [event async for event in live.events(once=False)]

    following = [asyncio.create_task(follow()) for _ in range(5)]
    await asyncio.sleep(2.7)
    is_stopping, asked_at = True, time.monotonic()
    heard = await asyncio.gather(*following)

    assert time.monotonic() - asked_at < 1.5
    assert looks == 2
    assert all(events[0].startswith('data: {"health"') for events in heard)
    assert all(events[1:] == [": the same\n\n"] for events in heard)
