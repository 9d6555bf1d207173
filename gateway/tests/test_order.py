"""Where events change their way, to the spool and back, the order in which they came is kept."""

import asyncio
from typing import Any

import pytest
from prometheus_client import REGISTRY

from edge.intake import portal_named


async def until(met: Any, seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not met():  # noqa: ASYNC110 - what is waited for happens in another process or thread
            await asyncio.sleep(0.01)


def taken(where: str) -> float:
    return REGISTRY.get_sample_value("tb_events_total", {"where": where}) or 0.0


async def until_straight(how_many: int, seconds: float = 10) -> None:
    """Wait until so many events, one upon another, went to messaging without the spool."""
    spooled, begun = taken("spool"), taken("messaging")
    async with asyncio.timeout(seconds):
        while taken("messaging") < begun + how_many:
            if taken("spool") > spooled:
                spooled, begun = taken("spool"), taken("messaging")
            await asyncio.sleep(0.01)


async def test_what_waits_behind_a_batch_that_failed_does_not_overtake_it(gateway: Any) -> None:
    gateway.messaging.gate.clear()
    posts = [asyncio.create_task(gateway.post("event=0"))]
    await asyncio.sleep(0.1)
    posts += [asyncio.create_task(gateway.post(f"event={number}")) for number in range(1, 40)]
    await asyncio.sleep(0.2)

    gateway.messaging.dying = 1
    gateway.messaging.gate.set()
    await until(lambda: len(gateway.messaging.bodies) == 40)

    assert {(await post).status_code for post in posts} == {200}
    assert gateway.messaging.bodies == [f"event={number}" for number in range(40)]


async def test_what_is_on_its_way_to_the_disk_is_not_overtaken(gateway: Any) -> None:
    gateway.messaging.away = True
    gateway.app.state.intake._falling += 1  # a batch whose disk is slow
    await gateway.post("event=1")
    gateway.messaging.away = False
    await until(lambda: gateway.spool.depth == 0)

    behind = asyncio.create_task(gateway.post("event=2"))
    await asyncio.sleep(0.2)
    went_past = "event=2" in gateway.messaging.bodies
    gateway.app.state.intake._falling -= 1

    assert ((await behind).status_code, went_past) == (200, False)
    await until(lambda: gateway.messaging.bodies == ["event=1", "event=2"])


async def test_a_spool_comes_to_its_end_however_fast_events_come(gateway: Any) -> None:
    posts: list[asyncio.Task[Any]] = []

    async def stream() -> None:
        while True:
            posts.append(asyncio.create_task(gateway.post(f"event={len(posts)}")))
            await asyncio.sleep(0.002)

    gateway.messaging.away = True
    streaming = asyncio.create_task(stream())
    await asyncio.sleep(1)
    gateway.messaging.away = False
    await until(lambda: gateway.messaging.bodies and gateway.spool.depth == 0, 5)
    await until_straight(50)
    streaming.cancel()
    answers = await asyncio.gather(*posts)
    wanted = [f"event={number}" for number in range(len(posts))]
    await until(lambda: len(set(gateway.messaging.bodies)) == len(wanted), 5)

    assert {answer.status_code for answer in answers} == {200}
    # What messaging took too late for the request comes twice: it has a key.
    assert list(dict.fromkeys(gateway.messaging.bodies)) == wanted


async def test_an_event_at_which_messaging_fails_does_not_keep_others_back(gateway: Any) -> None:
    gateway.messaging.failing.add("event=bad")

    answers = [await gateway.post(f"event={one}") for one in (1, "bad", 2, 3)]
    await until(lambda: gateway.spool.depth == 0)

    assert {answer.status_code for answer in answers} == {200}
    assert [one for one in gateway.messaging.bodies if one] == ["event=1", "event=2", "event=3"]
    aside = gateway.app.state.drain.set_aside
    assert [(one.event.body, one.reason) for one in aside.records(aside.ids())] == [(b"event=bad", "INTERNAL")]


@pytest.mark.parametrize("count", [1, 5, 40])
async def test_while_messaging_fails_at_everything_nothing_is_set_aside(gateway: Any, count: int) -> None:
    bodies = [f"event={number}" for number in range(count)]
    gateway.messaging.failing.update(bodies)
    for body in bodies:
        await gateway.post(body)
    await until(lambda: gateway.app.state.drain.cause)
    cause, depth = gateway.app.state.drain.cause, gateway.spool.depth

    gateway.messaging.failing.clear()
    await until(lambda: gateway.spool.depth == 0)

    assert (cause.reason, depth) == ("internal", count)
    assert gateway.messaging.bodies == bodies
    assert gateway.app.state.drain.set_aside.ids() == []


@pytest.mark.parametrize(
    "body",
    [
        b"event=X&auth%5Bmember_id%5D=a1b2c3d5&ts=1",
        b"event=X&auth[member_id]=a1b2c3d5",
        b'{"auth": {"member_id": "a1b2c3d5"}}',
        b"member_id=a1b2c3d5&DOMAIN=x",
    ],
)
def test_a_portal_is_known_in_whatever_way_it_is_named(body: bytes) -> None:
    assert portal_named(body) == b"a1b2c3d5"
