"""The way of an event to durability: 200 once messaging or the disk has it, in order, else 503."""

import asyncio
import resource
import statistics
import time
from typing import Any

import httpx
import pytest

from edge.config import SpoolSettings
from edge.requeue import requeue
from kit import metrics


async def until(met: Any, seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not met():  # noqa: ASYNC110 - what is waited for happens in another process or thread
            await asyncio.sleep(0.01)


async def test_an_event_is_with_messaging_when_it_is_answered(gateway: Any) -> None:
    answer = await gateway.post("event=A")

    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert answer.headers["x-trace-id"] == answer.json()["trace_id"]
    assert (gateway.messaging.bodies, gateway.spool.depth) == (["event=A"], 0)


async def test_events_that_come_together_share_a_few_calls(gateway: Any) -> None:
    answers = await asyncio.gather(*(gateway.post(f"event={number}") for number in range(200)))

    assert {answer.status_code for answer in answers} == {200}
    assert sorted(gateway.messaging.bodies) == sorted(f"event={number}" for number in range(200))
    assert len(gateway.messaging.batches) < 60


async def test_while_messaging_is_away_events_are_spooled_and_drained_in_order_when_it_is_back(
    gateway: Any,
) -> None:
    gateway.messaging.away = True
    answers = [await gateway.post(f"event={number}") for number in range(5)]
    spooled = gateway.spool.depth

    gateway.messaging.away = False
    await until(lambda: len(gateway.messaging.bodies) == 5)

    assert {answer.status_code for answer in answers} == {200}
    assert spooled == 5
    assert gateway.messaging.bodies == [f"event={number}" for number in range(5)]
    await until(lambda: gateway.spool.depth == 0)


async def test_while_the_spool_drains_new_events_wait_behind_it(gateway: Any) -> None:
    gateway.messaging.away = True
    for number in range(3):
        await gateway.post(f"event={number}")
    gateway.messaging.gate.clear()
    gateway.messaging.away = False
    await asyncio.sleep(0.6)  # the drain has begun, and messaging takes its time

    late = await gateway.post("event=3")
    went_past = "event=3" in gateway.messaging.bodies
    gateway.messaging.gate.set()
    await until(lambda: len(gateway.messaging.bodies) == 4)

    assert (late.status_code, went_past) == (200, False)
    assert gateway.messaging.bodies == [f"event={number}" for number in range(4)]


async def test_an_event_that_messaging_refuses_for_good_does_not_keep_others_back(gateway: Any) -> None:
    gateway.messaging.refused.add("event=bad")
    gateway.messaging.away = True
    for body in ("event=1", "event=bad", "event=2"):
        await gateway.post(body)

    gateway.messaging.away = False
    await until(lambda: gateway.messaging.bodies == ["event=1", "event=2"])

    await until(lambda: gateway.spool.depth == 0)


async def test_what_was_set_aside_is_put_back_when_its_cause_was_mended(gateway: Any) -> None:
    gateway.messaging.refused.update({"event=bad", "event=worse"})
    gateway.messaging.away = True
    for body in ("event=bad", "event=1", "event=worse"):
        await gateway.post(body)
    gateway.messaging.away = False
    await until(lambda: gateway.spool.depth == 0)

    gateway.messaging.refused.remove("event=bad")
    settings = SpoolSettings(messaging_grpc=gateway.messaging_grpc, spool_dir=gateway.spool_dir)
    first = await asyncio.to_thread(requeue, settings)
    gateway.messaging.refused.clear()
    second = await asyncio.to_thread(requeue, settings)

    assert (first, second) == ((1, 1), (1, 0))
    assert gateway.messaging.bodies == ["event=1", "event=bad", "event=worse"]
    assert await asyncio.to_thread(requeue, settings) == (0, 0)


async def test_the_drain_goes_on_after_a_disk_that_failed(gateway: Any) -> None:
    gateway.messaging.away = True
    for number in range(3):
        await gateway.post(f"event={number}")
    unreadable = gateway.spool_dir / f"{0:020d}.spool"
    unreadable.mkdir()
    failures = metrics.BACKGROUND_FAILURES.labels("drain_spool")
    before = failures._value.get()
    gateway.messaging.away = False
    await until(lambda: failures._value.get() > before)

    unreadable.rmdir()
    await until(lambda: len(gateway.messaging.bodies) == 3)

    await until(lambda: gateway.spool.depth == 0)


async def test_how_long_events_have_waited_is_told(gateway: Any) -> None:
    gateway.messaging.away = True
    await gateway.post("event=1")
    gateway.spool.waiting_since -= 100

    waiting = (await gateway.http.get("/ready")).json()
    gateway.messaging.away = False
    await until(lambda: gateway.spool.depth == 0)
    drained = (await gateway.http.get("/ready")).json()

    assert (waiting["spool_depth"], waiting["spool_waiting_s"]) == (1, pytest.approx(100, abs=10))
    assert (drained["spool_depth"], drained["spool_waiting_s"]) == (0, 0)


async def test_with_neither_messaging_nor_disk_the_sender_is_told_to_send_again(gateway: Any) -> None:
    gateway.messaging.away = True
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, hard))
    try:
        answer = await gateway.post("event=" + "x" * 128 * 1024)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert (answer.status_code, answer.json()["error"]) == (503, "not_durable")
    assert gateway.spool.depth == 0


async def test_a_body_above_a_mebibyte_is_taken_cut_and_marked(gateway: Any) -> None:
    answer = await gateway.post("x" * (1024 * 1024 + 7))

    assert answer.status_code == 200
    assert [len(body) for body in gateway.messaging.bodies] == [1024 * 1024]


async def test_an_address_that_is_none_does_not_keep_an_event_from_being_taken(gateway: Any) -> None:
    transport = httpx.ASGITransport(gateway.app, client=("9" * 10_000, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        answer = await http.post("/v1/bitrix/events", content="event=A")

    assert (answer.status_code, gateway.messaging.bodies) == (200, ["event=A"])


async def test_while_messaging_hangs_every_event_is_acknowledged_within_a_second(gateway: Any) -> None:
    gateway.messaging.gate.clear()
    took: list[float] = []

    async def post(number: int) -> int:
        started = time.monotonic()
        answer = await gateway.post(f"event={number}")
        took.append(time.monotonic() - started)
        return int(answer.status_code)

    statuses = await asyncio.gather(*(post(number) for number in range(30)))
    spooled = gateway.spool.depth
    gateway.messaging.gate.set()
    await until(lambda: gateway.spool.depth == 0)

    assert set(statuses) == {200}
    assert statistics.median(took) < 1.2
    assert max(took) < 3
    assert spooled == 30
    assert set(gateway.messaging.bodies) == {f"event={number}" for number in range(30)}
