"""Reserve, commit, release: safe to repeat, never above the cap, and every counter can be counted anew."""

import asyncio
import random
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from billing.domain import Reservation, Room
from billing.periods import period_of
from kit.ids import uuid7
from teachbase.billing.v1 import billing_pb2 as pb


async def test_repeating_a_reserve_and_a_commit_counts_once(service: Any) -> None:
    portal_id = await service.portal(cap=10)
    keys = [uuid7() for _ in range(3)]

    first, again = await service.reserve(portal_id, *keys), await service.reserve(portal_id, *keys)
    counted = [await service.commit(portal_id, *keys), await service.commit(portal_id, *keys)]

    assert first == again
    assert [UUID(decision.key) for decision in first] == keys
    assert all(decision.granted for decision in first)
    assert counted == [3, 0]
    assert await service.counters(portal_id) == await service.recount(portal_id) == (3, 0)


async def test_a_key_twice_in_one_call_is_one_reply(service: Any) -> None:
    portal_id, key = await service.portal(cap=1), uuid7()

    decisions = await service.reserve(portal_id, key, key)
    counted = await service.commit(portal_id, key, key)

    assert [decision.granted for decision in decisions] == [True, True]
    assert counted == 1
    assert await service.counters(portal_id) == (1, 0)


async def test_the_last_places_go_to_who_came_first_and_denied_stays_denied(service: Any) -> None:
    portal_id = await service.portal(cap=2)
    keys = [uuid7() for _ in range(4)]

    first = await service.reserve(portal_id, *keys)
    await service.release(portal_id, keys[0])
    again = await service.reserve(portal_id, *keys[2:])

    assert [decision.granted for decision in first] == [True, True, False, False]
    assert [decision.granted for decision in again] == [False, False]
    assert {decision.limit for decision in again} == {"replies_per_month"}
    assert again[0].resets_at.ToDatetime(tzinfo=UTC) == datetime(2026, 10, 1, tzinfo=UTC)


async def test_what_is_given_back_can_be_had_by_another(service: Any) -> None:
    portal_id = await service.portal(cap=1)
    mine, yours = uuid7(), uuid7()
    await service.reserve(portal_id, mine)

    released = [await service.release(portal_id, mine), await service.release(portal_id, mine)]
    granted = (await service.reserve(portal_id, yours))[0].granted

    assert released == [1, 0]
    assert granted
    assert await service.counters(portal_id) == (0, 1)


async def test_what_is_counted_stays_counted(service: Any) -> None:
    portal_id, key = await service.portal(cap=1), uuid7()
    await service.reserve(portal_id, key)
    await service.commit(portal_id, key)

    released = await service.release(portal_id, key)

    assert released == 0
    assert await service.counters(portal_id) == (1, 0)


async def test_a_commit_of_an_unknown_or_denied_key_counts_nothing(service: Any) -> None:
    portal_id = await service.portal(cap=0)
    denied = uuid7()
    await service.reserve(portal_id, denied)

    counted = await service.commit(portal_id, denied, uuid7())

    assert counted == 0
    assert await service.recount(portal_id) == (0, 0)


async def test_a_key_released_before_is_set_aside_again_or_denied_but_never_free(service: Any) -> None:
    portal_id = await service.portal(cap=1)
    late, other = uuid7(), uuid7()
    await service.reserve(portal_id, late)
    await service.release(portal_id, late)
    await service.reserve(portal_id, other)
    await service.commit(portal_id, other)

    again = (await service.reserve(portal_id, late))[0]
    counted = await service.commit(portal_id, late)

    assert again.granted == bool(counted)
    assert (await service.counters(portal_id))[0] <= 1


async def test_reservations_nobody_decided_are_given_back_after_a_quarter_of_an_hour(service: Any) -> None:
    portal_id = await service.portal(cap=5)
    await service.reserve(portal_id, *(uuid7() for _ in range(3)))

    service.clock.advance(14 * 60)
    await service.quota.release_expired()
    in_time = await service.counters(portal_id)
    service.clock.advance(2 * 60)
    await service.quota.release_expired()

    assert in_time == (0, 3)
    assert await service.counters(portal_id) == await service.recount(portal_id) == (0, 0)


async def test_a_reply_is_counted_in_the_month_it_was_reserved_in(service: Any) -> None:
    portal_id, key = await service.portal(cap=1), uuid7()
    service.clock.at = datetime(2026, 9, 30, 23, 59, 59, tzinfo=UTC)
    await service.reserve(portal_id, key)

    service.clock.advance(2)
    await service.commit(portal_id, key)
    next_month = (await service.reserve(portal_id, uuid7()))[0].granted

    periods = await service.rows("SELECT period_start FROM usage_events WHERE portal_id = :id", id=portal_id)
    assert [row.period_start for row in periods] == [datetime(2026, 9, 1, tzinfo=UTC)]
    assert next_month


@pytest.mark.parametrize("seed", range(4))
async def test_sixty_four_workers_never_overshoot_a_cap(service: Any, seed: int) -> None:
    chance = random.Random(seed)
    caps = {await service.portal(cap): cap for cap in (1, 7, 40)}
    granted: dict[UUID, set[UUID]] = {portal_id: set() for portal_id in caps}

    async def work(number: int) -> None:
        portal_id = list(caps)[number % 3]
        keys = [uuid7() for _ in range(1 + number % 4)]
        decisions = await service.reserve(portal_id, *keys)
        mine = [key for key, decision in zip(keys, decisions, strict=True) if decision.granted]
        if mine and number % 5 == 0:
            await service.release(portal_id, *mine)
        elif mine:
            granted[portal_id].update(mine)
            await asyncio.gather(service.commit(portal_id, *mine), service.commit(portal_id, *mine[::-1]))

    numbers = list(range(64))
    chance.shuffle(numbers)
    await asyncio.gather(*map(work, numbers))

    for portal_id, cap in caps.items():
        used, reserved = await service.counters(portal_id)
        assert (used, reserved) == await service.recount(portal_id)
        assert used == len(granted[portal_id]) <= cap
        assert reserved == 0


async def test_commits_of_the_same_keys_in_opposite_orders_do_not_deadlock(service: Any) -> None:
    portal_id = await service.portal(cap=None)

    for _ in range(5):
        keys = [uuid7() for _ in range(200)]
        await service.reserve(portal_id, *keys)
        commits = [service.commit(portal_id, *(keys if number % 2 else keys[::-1])) for number in range(6)]

        assert sum(await asyncio.gather(*commits)) == len(keys)


async def test_an_unlimited_plan_denies_nothing_and_still_counts(service: Any) -> None:
    portal_id = await service.portal(cap=None)
    keys = [uuid7() for _ in range(50)]

    decisions = await service.reserve(portal_id, *keys)
    await service.commit(portal_id, *keys)

    assert all(decision.granted for decision in decisions)
    assert await service.counters(portal_id) == (50, 0)


@pytest.mark.parametrize(
    ("moment", "start", "end"),
    [
        ("2026-09-21T12:00:00+00:00", "2026-09-01T00:00:00+00:00", "2026-10-01T00:00:00+00:00"),
        ("2026-12-31T23:59:59+00:00", "2026-12-01T00:00:00+00:00", "2027-01-01T00:00:00+00:00"),
        ("2027-01-01T02:00:00+03:00", "2026-12-01T00:00:00+00:00", "2027-01-01T00:00:00+00:00"),
    ],
)
def test_a_period_is_the_calendar_month_in_utc(moment: str, start: str, end: str) -> None:
    period = period_of(datetime.fromisoformat(moment))

    assert (period.start.isoformat(), period.end.isoformat()) == (start, end)


@pytest.mark.parametrize(
    ("room", "asked", "fits"),
    [(Room(0, 0, None), 9, 9), (Room(3, 2, 10), 9, 5), (Room(9, 1, 10), 1, 0), (Room(12, 0, 10), 1, 0)],
)
def test_a_room_admits_what_fits_under_the_limit(room: Room, asked: int, fits: int) -> None:
    assert room.admits(asked) == fits


async def test_two_portals_share_no_key(service: Any) -> None:
    first, second, key = await service.portal(cap=1), await service.portal(cap=0), uuid4()

    mine, yours = (await service.reserve(first, key))[0], (await service.reserve(second, key))[0]

    assert (mine.granted, yours.granted) == (True, False)


async def test_who_waits_for_one_portals_counter_holds_up_no_other(service: Any) -> None:
    busy, other = await service.portal(cap=1_000), await service.portal(cap=1_000)
    await service.reserve(busy, uuid7())
    async with service.engine.connect() as conn:
        async with conn.begin():
            await conn.execute(text("SELECT 1 FROM usage_counters WHERE portal_id = :id FOR UPDATE"), {"id": busy})
            waiting = [asyncio.create_task(service.reserve(busy, uuid7())) for _ in range(30)]  # the pool has 20
            async with asyncio.timeout(10):
                granted = [(await service.reserve(other, uuid7()))[0].granted for _ in range(20)]
            still_waiting = [not one.done() for one in waiting]
        served = [(await one)[0].granted for one in waiting]

    assert all(granted)
    assert all(still_waiting)
    assert all(served)


async def test_200_replies_of_one_portal_at_once_are_each_counted_once(service: Any) -> None:
    portal_id = await service.portal(cap=150)

    async def reply() -> bool:
        key = uuid7()
        granted: bool = (await service.reserve(portal_id, key))[0].granted
        if granted:
            await service.commit(portal_id, key)
        return granted

    answered = await asyncio.gather(*(reply() for _ in range(200)))

    assert sum(answered) == 150
    assert await service.counters(portal_id) == await service.recount(portal_id) == (150, 0)


async def test_who_commits_and_releases_one_key_at_once_is_told_of_it_once(service: Any) -> None:
    portal_id = await service.portal(cap=100)
    keys = [uuid7() for _ in range(10)]
    await service.reserve(portal_id, *keys)

    asked = [[Reservation(portal_id, key)] for key in keys]
    told = await asyncio.gather(*map(service.quota.commit, asked * 3), *map(service.quota.release, asked))

    assert told == [1] * len(keys) + [0] * 3 * len(keys)  # who comes first
    assert await service.counters(portal_id) == await service.recount(portal_id) == (len(keys), 0)


async def test_the_same_keys_asked_for_at_once_get_one_decision_and_do_not_deadlock(service: Any) -> None:
    """A call that ran into its deadline is repeated while the first is still at work."""
    for cap in (3, 6, None):
        portals = [await service.portal(cap=cap) for _ in range(3)]
        for portal_id in portals:  # each has a counter this month
            await service.reserve(portal_id, uuid7())
        for _ in range(6):
            wanted = [
                pb.Reservation(portal_id=str(portal_id), key=str(uuid7()))
                for portal_id in portals
                for _ in range(4)
            ]
            asked = [pb.ReserveRequest(reservations=wanted if turn % 2 else wanted[::-1]) for turn in range(12)]

            answers = await asyncio.gather(*map(service.stub.Reserve, asked))

            assert len({frozenset((one.key, one.granted) for one in answer.decisions) for answer in answers}) == 1
