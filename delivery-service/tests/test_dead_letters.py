"""Dead letters: taken up again by a person, with the key they had, never what was sent."""

from typing import Any

import grpc
import pytest

from teachbase.delivery.v1 import delivery_pb2 as pb
from teachbase.portal.v1 import portal_pb2

SENT, UNKNOWN, DEAD = pb.OUTBOX_STATE_SENT, pb.OUTBOX_STATE_UNKNOWN, pb.OUTBOX_STATE_DEAD
RETRY = pb.OUTBOX_STATE_RETRY


async def dead(service: Any, portal: Any, message_of: Any, *bodies: str) -> list[Any]:
    """Messages of one dialog that were refused for good."""
    messages = [message_of(portal, body) for body in bodies]
    await service.break_it(portal, "dialog_closed", count=len(bodies))
    await service.enqueue(*messages)
    await service.work()
    assert {(await service.item(one)).state for one in messages} == {DEAD}
    return messages


async def retry(service: Any, message: Any) -> pb.OutboxItem:
    answer = await service.stub.RetryOutboxItem(pb.RetryOutboxItemRequest(id=message.id))
    item: pb.OutboxItem = answer.item
    return item


async def retry_many(service: Any, dry_run: bool = False, **wanted: Any) -> tuple[int, int, int]:
    done = await service.stub.RetryOutbox(pb.RetryOutboxRequest(dry_run=dry_run, **wanted))
    return done.matched, done.retried, done.remaining


async def told(service: Any, message: Any) -> list[Any]:
    rows = await service.rows("SELECT state FROM outcomes WHERE message_id = :id ORDER BY id", id=message.id)
    return [row.state for row in rows]


async def test_a_dead_letter_is_sent_again_and_followers_are_told(service: Any, message_of: Any) -> None:
    portal = await service.portal()
    [message] = await dead(service, portal, message_of, "привет")
    before = await service.item(message)

    taken_up = await retry(service, message)
    await service.work()
    after = await service.item(message)

    assert (taken_up.state, taken_up.attempts, taken_up.cause) == (RETRY, 0, "")
    assert (after.state, after.uuid) == (SENT, before.uuid)
    assert await service.seen(portal) == ["привет"]
    assert await told(service, message) == ["dead", "retry", "sent"]


async def test_what_is_not_dead_is_left_alone(service: Any, message_of: Any) -> None:
    portal = await service.portal()
    sent, waiting = message_of(portal, "раз"), message_of(portal, "два", "3")
    await service.enqueue(sent)
    await service.work()
    await service.enqueue(waiting)

    for message in (sent, waiting):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await retry(service, message)
        assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    found = await retry_many(service, portal_id=str(portal.id))
    await service.work()

    assert found == (0, 0, 0)
    assert await service.seen(portal) == ["раз"]
    assert await service.seen(portal, "3") == ["два"]


async def test_a_filter_is_counted_first_and_chooses(service: Any, message_of: Any) -> None:
    portal, other = await service.portal(), await service.portal()
    ours = await dead(service, portal, message_of, "раз", "два", "три")
    [theirs] = await dead(service, other, message_of, "чужое")

    counted = await retry_many(service, dry_run=True, portal_id=str(portal.id))
    of_another_cause = await retry_many(service, portal_id=str(portal.id), cause="EMPTY_MESSAGE")
    still_dead = (await service.item(ours[0])).state
    done = await retry_many(service, portal_id=str(portal.id), cause="ACCESS_DENIED")
    await service.work()

    assert (counted, of_another_cause, still_dead, done) == ((3, 0, 3), (0, 0, 0), DEAD, (3, 3, 0))
    assert await service.seen(portal) == ["раз", "два", "три"]
    assert (await service.item(theirs)).state == DEAD


async def test_what_may_have_been_shown_is_not_shown_twice(service: Any, message_of: Any) -> None:
    portal = await service.portal()
    message = message_of(portal, "один раз")
    await service.enqueue(message)
    await service.break_it(portal, "close_after_accept", count=None)
    for _ in range(12):  # until it is given up
        await service.work()
        service.clock.advance(4500)
        await service.redis.flushall()  # the breaker goes by the clock of Redis
    given_up = (await service.item(message)).state

    await service.break_it(portal, "slow", count=0)
    taken_up = await retry(service, message)
    await service.work()

    assert (given_up, taken_up.state) == (DEAD, UNKNOWN)
    assert (await service.item(message)).state == SENT
    assert await service.seen(portal) == ["один раз"]


async def test_two_people_at_once_take_it_up_once(service: Any, message_of: Any) -> None:
    portal = await service.portal()
    [message] = await dead(service, portal, message_of, "привет")

    await retry(service, message)
    with pytest.raises(grpc.aio.AioRpcError) as second:
        await retry(service, message)
    await service.work()

    assert second.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert (await told(service, message)).count("retry") == 1


async def listed(service: Any, cause: str, **wanted: Any) -> set[str]:
    answer = await service.stub.ListOutbox(pb.ListOutboxRequest(cause=cause, **wanted))
    return {item.id for item in answer.items}


async def test_the_list_finds_by_cause_what_the_count_counts(service: Any, message_of: Any) -> None:
    portal, other = await service.portal(), await service.portal()
    ours = await dead(service, portal, message_of, "раз", "два")
    [theirs] = await dead(service, other, message_of, "чужое")
    sent = message_of(portal, "дошло")
    await service.enqueue(sent)
    await service.work()

    everywhere = await listed(service, "ACCESS_DENIED")
    of_portal = await listed(service, "ACCESS_DENIED", portal_id=str(portal.id), state=DEAD)
    counted = await retry_many(service, dry_run=True, portal_id=str(portal.id), cause="ACCESS_DENIED")
    part_of_the_code = await listed(service, "ACCESS")

    assert {one.id for one in (*ours, theirs)} <= everywhere
    assert sent.id not in everywhere
    assert of_portal == {one.id for one in ours}
    assert counted[0] == len(of_portal)
    assert part_of_the_code == set()


async def test_what_waits_is_found_by_what_holds_its_portal_up(service: Any, message_of: Any) -> None:
    portal = await service.portal()
    message = message_of(portal, "подождёт")
    await service.tell(portal, portal_pb2.PORTAL_STATE_SUSPENDED)
    await service.enqueue(message)
    await service.work()

    shown = (await service.item(message)).cause

    assert shown == "suspended"
    assert await listed(service, "suspended", portal_id=str(portal.id)) == {message.id}
