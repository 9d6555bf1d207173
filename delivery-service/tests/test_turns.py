"""Turns: few messages go side by side, many in one request, and whatever fails every dialog keeps its order."""

from typing import Any

import pytest

from teachbase.delivery.v1 import delivery_pb2 as pb

SENT, UNKNOWN, DEAD, CREATED, RETRY = (
    pb.OUTBOX_STATE_SENT,
    pb.OUTBOX_STATE_UNKNOWN,
    pb.OUTBOX_STATE_DEAD,
    pb.OUTBOX_STATE_CREATED,
    pb.OUTBOX_STATE_RETRY,
)
USERS = ("2", "3", "4", "5")


def letters(message_of: Any, portal: Any, count: int, users: tuple[str, ...] = USERS) -> list[Any]:
    """Messages for several dialogs, in turn."""
    return [message_of(portal, f"письмо {number}", users[number % len(users)]) for number in range(count)]


async def shown(service: Any, portal: Any) -> dict[str, list[str]]:
    return {user: await service.seen(portal, user) for user in USERS}


def expected(messages: list[Any]) -> dict[str, list[str]]:
    return {user: [one.body for one in messages if one.provider_dialog_id == user] for user in USERS}


async def requests(service: Any, portal: Any) -> list[str]:
    """The methods that were asked for since the bot is there, oldest first."""
    url = f"/control/portals/{portal.sim['member_id']}/requests?limit=2000"
    logged = sorted((await service.sim.http.get(url)).json()["items"], key=lambda one: one["at"])
    return [one["method"] for one in logged if "register" not in one["method"]]


async def states(service: Any, messages: list[Any]) -> list[Any]:
    return [(await service.item(one)).state for one in messages]


async def test_many_messages_of_a_portal_go_in_few_requests(service: Any, message_of: Any) -> None:
    portal = await service.portal()
    messages = letters(message_of, portal, 100)
    await service.enqueue(*messages)

    turns = await service.work()

    assert await requests(service, portal) == ["batch", "batch"]
    assert turns <= 3
    assert await shown(service, portal) == expected(messages)
    log = [(await service._get(one)).attempts_log for one in messages[:50]]
    assert len({attempt.request_id for one in log for attempt in one}) == 1


async def test_few_messages_go_each_in_a_request_of_its_own(service: Any, message_of: Any) -> None:
    portal = await service.portal()
    await service.enqueue(*letters(message_of, portal, 4))

    await service.work()

    assert "batch" not in await requests(service, portal)
    assert len(await requests(service, portal)) == 4


async def test_one_that_is_refused_for_good_costs_the_others_a_turn_and_nothing_else(
    service: Any, message_of: Any
) -> None:
    portal = await service.portal()
    messages = letters(message_of, portal, 20)
    nowhere = message_of(portal, "в никуда", dialog_id="chat999")
    await service.enqueue(*messages[:7], nowhere, *messages[7:])

    await service.work()

    assert (await service.item(nowhere)).state == DEAD
    assert await shown(service, portal) == expected(messages)
    assert {(await service.item(one)).attempts for one in messages} == {1}


@pytest.mark.parametrize("kind", ["close_halfway", "close_after_accept", "close_before", "server_error_after"])
async def test_a_batch_whose_end_nobody_knows_is_resolved_message_by_message(
    service: Any, message_of: Any, kind: str
) -> None:
    portal = await service.portal()
    messages = letters(message_of, portal, 12)
    await service.break_it(portal, kind, method="batch")
    await service.enqueue(*messages)

    await service.work()
    unsure = await states(service, messages)
    for _ in range(4):
        service.clock.advance(8)
        await service.work()

    assert set(unsure) == {UNKNOWN}
    assert set(await states(service, messages)) == {SENT}
    assert await shown(service, portal) == expected(messages)
    assert (await requests(service, portal)).count("batch") == 1


async def test_what_a_batch_could_turn_into_something_else_travels_alone(service: Any, message_of: Any) -> None:
    portal = await service.portal()
    messages = letters(message_of, portal, 8)
    messages[3].body = "$result[c0][id]"
    await service.enqueue(*messages)

    await service.work()

    assert await shown(service, portal) == expected(messages)


async def test_a_throttled_batch_goes_together_again(service: Any, message_of: Any) -> None:
    portal = await service.portal()
    messages = letters(message_of, portal, 30)
    await service.break_it(portal, "throttle_503", method="batch")
    await service.enqueue(*messages)

    await service.work()
    waiting = await states(service, messages)
    service.clock.advance(5)
    await service.redis.flushall()  # a brake goes by the clock of Redis
    await service.work()

    assert (waiting.count(RETRY), waiting.count(CREATED)) == (1, 29)
    assert await requests(service, portal) == ["batch", "batch"]
    assert await shown(service, portal) == expected(messages)
    assert {(await service.item(one)).attempts for one in messages} == {1}


async def test_buttons_that_a_portal_refuses_are_left_out_also_in_a_batch(service: Any, message_of: Any) -> None:
    portal = await service.portal()
    messages = letters(message_of, portal, 8)
    messages[2].buttons.append(pb.Button(text="Что ты умеешь?", command="help"))
    await service.break_it(portal, "keyboard_refused")
    await service.enqueue(*messages)

    await service.work()

    assert await shown(service, portal) == expected(messages)


async def test_what_a_person_waits_for_is_shown_before_what_nobody_waits_for(
    service: Any, message_of: Any
) -> None:
    portal = await service.portal()
    welcomes = letters(message_of, portal, 60, ("2", "3"))
    for welcome in welcomes:
        welcome.priority = pb.PRIORITY_BULK
    answers = letters(message_of, portal, 6, ("4", "5"))
    await service.enqueue(*welcomes, *answers)

    await service.work()

    said = [one["text"] for one in await service.sim.seen(portal.sim)]
    assert said[:6] == [one.body for one in answers]
    assert await shown(service, portal) == expected([*welcomes, *answers])


async def test_a_portal_that_answers_slowly_is_passed_over_for_the_place_it_held(
    service: Any, message_of: Any
) -> None:
    slow, quick = await service.portal(), await service.portal()
    await service.break_it(slow, "slow", count=None, delay_ms=2200)
    await service.enqueue(message_of(slow, "раз"), message_of(quick, "раз"))
    await service.work()
    await service.enqueue(message_of(slow, "два", "3"), message_of(quick, "два", "3"))

    first = await service.lanes.claim(1)
    second = await service.lanes.claim(1)
    third = await service.lanes.claim(1)

    assert [lane.portal_id for lane in first] == [quick.id]
    assert [lane.portal_id for lane in (*second, *third)] == [slow.id]
