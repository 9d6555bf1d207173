"""Lanes under two workers, dead letters and the feed of outcomes."""

import asyncio
from typing import Any

import grpc
import pytest

from kit.dispatch import Dispatcher
from teachbase.delivery.v1 import delivery_pb2 as pb


async def test_a_lane_is_held_by_one_of_two_workers(service: Any, message_of: Any) -> None:
    portals = [await service.portal() for _ in range(4)]
    await service.enqueue(*(message_of(portal, "привет") for portal in portals))

    first, second = await asyncio.gather(service.lanes.claim(10), service.other_lanes.claim(10))
    again = await service.lanes.claim(10)

    assert sorted(lane.portal_id for lane in [*first, *second]) == sorted(portal.id for portal in portals)
    assert again == []


async def test_two_dispatchers_send_each_message_once_and_each_dialog_in_order(
    service: Any, message_of: Any
) -> None:
    portal = await service.portal()
    await service.break_it(portal, "slow", count=None, delay_ms=3)
    dialogs = {str(user): [f"{user}: {number}" for number in range(8)] for user in (2, 3, 4, 5)}
    messages = [message_of(portal, text, user) for user, texts in dialogs.items() for text in texts]
    workers = [
        Dispatcher("lanes", lanes.claim, lanes.take_turn, 8) for lanes in (service.lanes, service.other_lanes)
    ]
    running = [asyncio.create_task(worker.run()) for worker in workers]

    for start in range(0, len(messages), 4):
        await service.enqueue(*messages[start : start + 4])
        await asyncio.gather(*(worker.ring() for worker in workers))
    async with asyncio.timeout(20):
        while len(await service.sim.seen(portal.sim)) < len(messages):
            await asyncio.gather(*(worker.ring() for worker in workers))
            await asyncio.sleep(0.02)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)

    assert {user: await service.seen(portal, user) for user in dialogs} == dialogs
    async with asyncio.timeout(5):
        while {(await service.item(one)).state for one in messages} != {pb.OUTBOX_STATE_SENT}:  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.02)
    assert {(await service.item(one)).attempts for one in messages} == {1}


async def test_a_worker_that_lost_its_lane_settles_nothing(service: Any, message_of: Any) -> None:
    portal = await service.portal()
    message = message_of(portal, "один раз")
    await service.enqueue(message)
    late = (await service.lanes.claim(10))[0]
    service.clock.advance(31)
    successor = (await service.other_lanes.claim(10))[0]

    await service.lanes.take_turn(late)  # sends, and settles what is not its own any more

    lane = await service.lane(portal)
    assert lane.lease_token == successor.token
    assert len(await service.seen(portal)) <= 1


async def test_a_lane_is_held_for_as_long_as_its_turn_lasts_and_not_longer(service: Any, message_of: Any) -> None:
    portal = await service.portal()
    await service.enqueue(message_of(portal, "долго"))
    (held,) = await service.lanes.claim(10)
    while_it_lasts: list[Any] = []
    for _ in range(3):
        service.clock.advance(7)
        await service.lanes.renew()
        while_it_lasts += await service.other_lanes.claim(10)

    await service.lanes.take_turn(held)
    await service.lanes.renew()

    assert while_it_lasts == []
    assert await service.seen(portal) == ["долго"]
    assert (await service.lane(portal)).lease_until is None


async def test_the_lane_of_a_dead_worker_is_taken_over_within_fifteen_seconds(
    service: Any, message_of: Any
) -> None:
    portal = await service.portal()
    await service.enqueue(message_of(portal, "всё равно"))
    await service.lanes.claim(10)  # and dies

    for _ in range(15):
        service.clock.advance(1)
        for lane in await service.other_lanes.claim(10):
            await service.other_lanes.take_turn(lane)

    assert await service.seen(portal) == ["всё равно"]


async def test_a_dead_letter_says_why_and_what_to_do_and_is_told(service: Any, message_of: Any) -> None:
    portal = await service.portal()
    message = message_of(portal, "в никуда", dialog_id="chat999")
    await service.enqueue(message)

    await service.work()

    dead = await service.item(message)
    assert dead.state == pb.OUTBOX_STATE_DEAD
    assert dead.cause.startswith("ACCESS_DENIED")
    assert "not in this chat" in dead.next_step
    told = await _told(service, portal, 1)
    assert [(one.message_id, one.state, one.cause) for one in told] == [
        (message.id, pb.OUTBOX_STATE_DEAD, dead.cause)
    ]


async def test_a_follower_is_told_of_what_was_and_of_what_comes(service: Any, message_of: Any) -> None:
    portal = await service.portal()
    messages = [message_of(portal, f"письмо {number}") for number in range(3)]
    await service.enqueue(messages[0])
    await service.work()
    following = asyncio.create_task(_told(service, portal, 3))

    for message in messages[1:]:
        await service.enqueue(message)
        await service.work()
    told = await following

    assert [one.message_id for one in told] == [message.id for message in messages]
    assert {one.state for one in told} == {pb.OUTBOX_STATE_SENT}
    assert all(one.provider_message_id for one in told)


async def test_an_unknown_item_is_not_found_and_a_bad_request_names_its_field(service: Any) -> None:
    missing = pb.GetOutboxItemRequest(id="0190a0a0-0000-7000-8000-000000000000")

    with pytest.raises(grpc.aio.AioRpcError) as unknown:
        await service.stub.GetOutboxItem(missing)
    with pytest.raises(grpc.aio.AioRpcError) as invalid:
        await service.stub.GetOutboxItem(pb.GetOutboxItemRequest(id="7"))

    assert unknown.value.code() is grpc.StatusCode.NOT_FOUND
    assert invalid.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert str(invalid.value.details()).startswith("id:")


async def _told(service: Any, portal: Any, count: int) -> list[pb.Outcome]:
    """The first outcomes of a portal, as a follower hears them."""
    told: list[pb.Outcome] = []
    async with asyncio.timeout(10):
        async for page in service.stub.WatchOutcomes(pb.WatchOutcomesRequest(cursor=0)):
            told += [one for one in page.outcomes if one.portal_id == str(portal.id)]
            if len(told) >= count:
                break
    return told
