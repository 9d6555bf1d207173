"""The breaker of a portal in a real Redis: closed, open, half-open, one probe for all processes."""

import asyncio
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from bitrix import breaker
from bitrix.breaker import FAILURES, KEY, Breaker, Passage
from bitrix.decisions import failure
from bitrix.errors import BitrixError
from bitrix.shared import Shared

NO_ANSWER = failure("no_answer")


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breaker, "OPEN_S", 0.5)


async def fail(one: Breaker, member_id: str, times: int, error: BitrixError = NO_ANSWER) -> None:
    for _ in range(times):
        await one.tell(member_id, await one.enter(member_id), error)


async def test_it_opens_after_failures_in_a_row_for_every_process(redis: Redis) -> None:
    one, other, member_id = Breaker(Shared(redis)), Breaker(Shared(redis)), uuid4().hex

    await fail(one, member_id, FAILURES - 1)
    still_closed = await other.enter(member_id)
    await fail(one, member_id, 1)

    assert still_closed == Passage(0.0, is_watched=True)
    assert 0 < (await other.enter(member_id)).wait_s <= 0.6


async def test_a_success_in_between_begins_the_count_anew(redis: Redis) -> None:
    one, member_id = Breaker(Shared(redis)), uuid4().hex

    await fail(one, member_id, FAILURES - 1)
    await one.tell(member_id, await one.enter(member_id), None)
    await fail(one, member_id, FAILURES - 1)

    assert (await one.enter(member_id)).wait_s == 0


@pytest.mark.parametrize("code", ["QUERY_LIMIT_EXCEEDED", "EMPTY_MESSAGE", "EXPIRED_TOKEN", "PAYMENT_REQUIRED"])
async def test_a_refusal_is_an_answer(redis: Redis, code: str) -> None:
    one, member_id = Breaker(Shared(redis)), uuid4().hex

    await fail(one, member_id, FAILURES * 2, failure(code, status=400))

    assert await redis.exists(KEY.format(member_id=member_id)) == 0


async def test_one_probe_goes_at_a_time_and_a_failed_one_opens_for_twice_as_long(redis: Redis) -> None:
    one, member_id = Breaker(Shared(redis)), uuid4().hex
    await fail(one, member_id, FAILURES)
    await asyncio.sleep(0.65)

    passages = await asyncio.gather(*(one.enter(member_id) for _ in range(20)))
    [probe] = [passage for passage in passages if not passage.wait_s]
    await one.tell(member_id, probe, NO_ANSWER)

    assert 0.6 < (await one.enter(member_id)).wait_s <= 1.2


async def test_a_probe_that_succeeds_closes_it(redis: Redis) -> None:
    one, member_id = Breaker(Shared(redis)), uuid4().hex
    await fail(one, member_id, FAILURES)
    await asyncio.sleep(0.65)

    await one.tell(member_id, await one.enter(member_id), None)

    assert await one.enter(member_id) == Passage(0.0, is_watched=False)


async def test_late_failures_of_calls_begun_before_do_not_keep_it_open(redis: Redis) -> None:
    one, member_id = Breaker(Shared(redis)), uuid4().hex
    passage = await one.enter(member_id)
    await fail(one, member_id, FAILURES)
    until = await redis.hget(KEY.format(member_id=member_id), "until")  # type: ignore[misc] # typed as for both clients

    for _ in range(20):
        await one.tell(member_id, passage, NO_ANSWER)

    assert await redis.hget(KEY.format(member_id=member_id), "until") == until  # type: ignore[misc] # typed as for both clients


async def test_portals_share_nothing_and_the_state_goes_away(redis: Redis) -> None:
    one, member_id = Breaker(Shared(redis)), uuid4().hex
    await fail(one, member_id, FAILURES)

    assert (await one.enter(uuid4().hex)).wait_s == 0
    assert 0 < await redis.ttl(KEY.format(member_id=member_id)) <= 900


async def test_looking_tells_how_it_stands_and_changes_nothing(redis: Redis) -> None:
    one, member_id = Breaker(Shared(redis)), uuid4().hex
    words = []

    for _ in range(2):
        seen = await one.look(member_id)
        assert seen
        words.append(seen.word)
        await fail(one, member_id, FAILURES)
    await asyncio.sleep(0.65)
    later = await one.look(member_id)

    assert words == ["closed", "open"]
    assert later is not None
    assert (later.word, later.failures, later.opens_in_s) == ("half_open", FAILURES, 0.0)
    assert (await one.enter(member_id)).wait_s == 0, "the probe is still to be had"


async def test_an_open_one_can_be_asked_to_try_at_once(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breaker, "OPEN_S", 60)
    one, member_id = Breaker(Shared(redis)), uuid4().hex
    await fail(one, member_id, FAILURES)

    await one.half_open(member_id)
    probe, other = await one.enter(member_id), await one.enter(member_id)
    await one.tell(member_id, probe, None)

    assert (probe.wait_s, other.wait_s > 0) == (0.0, True)
    closed = await one.look(member_id)
    assert closed is not None
    assert closed.word == "closed"


async def test_a_closed_one_has_nothing_to_open(redis: Redis) -> None:
    one, member_id = Breaker(Shared(redis)), uuid4().hex

    await one.half_open(member_id)

    assert await redis.exists(KEY.format(member_id=member_id)) == 0
