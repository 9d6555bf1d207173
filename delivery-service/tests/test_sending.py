"""Each message becomes visible exactly once and in order, whatever the portal answers."""

import asyncio
from datetime import UTC, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from delivery.clients.portal import LaneTokens
from delivery.repository import outbox
from teachbase.delivery.v1 import delivery_pb2 as pb
from teachbase.portal.v1 import portal_pb2

CREATED, SENDING, UNKNOWN, RETRY, SENT, DEAD = range(1, 7)


async def test_enqueuing_an_id_again_adds_and_changes_nothing(service: Any, message_of: Any) -> None:
    portal = await service.portal()
    messages = [message_of(portal, "раз"), message_of(portal, "два")]
    changed = pb.OutboundMessage()
    changed.CopyFrom(messages[0])
    changed.body = "другой текст"

    accepted = [await service.enqueue(*messages), await service.enqueue(*messages), await service.enqueue(changed)]
    await service.work()

    assert accepted == [2, 0, 0]
    assert await service.seen(portal) == ["раз", "два"]


async def test_the_order_of_a_dialog_is_kept_while_its_first_message_waits(service: Any, message_of: Any) -> None:
    portal = await service.portal()
    first, second = message_of(portal, "первое"), message_of(portal, "второе")
    await service.enqueue(first, second)
    await service.break_it(portal, "http_502_html")

    await service.lanes.take_turn((await service.lanes.claim(10))[0])
    after_a_failure = [(await service.item(one)).state for one in (first, second)], await service.seen(portal)
    service.clock.advance(7)
    await service.work()

    assert after_a_failure == ([UNKNOWN, CREATED], [])
    assert await service.seen(portal) == ["первое", "второе"]


async def test_a_message_that_waits_holds_up_no_other_dialog_of_its_portal(service: Any, message_of: Any) -> None:
    portal = await service.portal()
    waiting, other = message_of(portal, "первое"), message_of(portal, "другому", dialog_id="3")
    await service.enqueue(waiting)
    await service.break_it(portal, "http_502_html")
    await service.lanes.take_turn((await service.lanes.claim(10))[0])

    await service.enqueue(other)
    for lane in await service.lanes.claim(10):
        await service.lanes.take_turn(lane)

    assert (await service.item(waiting)).state == UNKNOWN
    assert await service.seen(portal, "3") == ["другому"]


async def test_a_lane_whose_messages_all_wait_is_not_due_before_the_first_of_them(
    service: Any, message_of: Any
) -> None:
    portal = await service.portal()
    first, behind = message_of(portal, "первое"), message_of(portal, "второе")
    await service.enqueue(first, behind)
    await service.break_it(portal, "http_502_html")

    lane = (await service.lanes.claim(10))[0]
    await service.lanes.take_turn(lane)

    due_at = (await service.item(first)).due_at.ToDatetime(tzinfo=service.clock().tzinfo)
    assert due_at > service.clock()
    assert (await service.lane(portal)).due_at == due_at


async def test_what_a_dead_worker_may_have_sent_is_sent_again_with_the_same_key_and_shown_once(
    service: Any, message_of: Any
) -> None:
    portal = await service.portal()
    message = message_of(portal, "один раз")
    await service.enqueue(message)
    lane = (await service.lanes.claim(10))[0]
    token = await service.lanes._portal.token(portal.id)
    # And here the worker dies, with nothing settled.
    await service.lanes._turns.send_all(lane, LaneTokens(service.lanes._portal, portal.id, token))
    left = (await service.item(message)).state

    service.clock.advance(31)
    await service.lanes.take_turn((await service.lanes.claim(10))[0])
    taken_over = await service.item(message)
    service.clock.advance(4)
    await service.work()
    too_early = len(await service.sim.seen(portal.sim))
    attempts_before = await service.attempts(message)
    service.clock.advance(2)
    await service.work()

    assert (left, taken_over.state, attempts_before) == (SENDING, UNKNOWN, [])
    assert too_early == 1
    assert await service.seen(portal) == ["один раз"]
    after = await service.item(message)
    assert (after.state, after.attempts) == (SENT, 1)
    assert [one["uuid"] for one in await service.sim.seen(portal.sim)] == [after.uuid]


@pytest.mark.parametrize(
    ("kind", "code"), [("server_error_after", "INTERNAL_SERVER_ERROR"), ("close_after_accept", "no_answer")]
)
async def test_a_message_shown_without_an_answer_is_shown_once(
    service: Any, message_of: Any, kind: str, code: str
) -> None:
    portal = await service.portal()
    message = message_of(portal, "один раз")
    await service.enqueue(message)
    await service.break_it(portal, kind)
    await service.work()
    unknown = await service.item(message)

    service.clock.advance(7)
    await service.work()

    assert (unknown.state, unknown.attempts) == (UNKNOWN, 1)
    assert await service.seen(portal) == ["один раз"]
    assert [outcome for outcome, _, _ in await service.attempts(message)] == ["unknown", "sent"]
    assert (await service.attempts(message))[0][2] == code


async def test_a_throttled_send_waits_and_counts_as_no_attempt(service: Any, message_of: Any) -> None:
    portal = await service.portal()
    message = message_of(portal, "терпение")
    await service.enqueue(message)
    await service.break_it(portal, "throttle_503")
    await service.work()
    throttled = await service.item(message)

    service.clock.advance(2)
    await asyncio.sleep(1.1)  # the portal rests by the clock of Redis
    await service.work()

    assert (throttled.state, throttled.attempts) == (RETRY, 0)
    assert throttled.cause.startswith("QUERY_LIMIT_EXCEEDED")
    sent = await service.item(message)
    assert (sent.state, sent.attempts) == (SENT, 1)
    assert await service.attempts(message) == [("throttled", 503, "QUERY_LIMIT_EXCEEDED"), ("sent", 200, "")]


async def test_an_expired_token_is_refreshed_once_and_the_message_sent(service: Any, message_of: Any) -> None:
    portal = await service.portal()
    messages = [message_of(portal, f"письмо {number}", dialog_id=str(number)) for number in (2, 3, 4)]
    await service.break_it(portal, "expired_token")
    await service.enqueue(*messages)

    await service.work()

    assert [(await service.item(one)).state for one in messages] == [SENT] * 3
    assert [(await service.item(one)).attempts for one in messages] == [1] * 3
    assert portal.refreshes == 1


async def test_a_reply_to_a_deleted_question_is_sent_plainly_also_with_an_expired_token(
    service: Any, message_of: Any
) -> None:
    portal = await service.portal()
    message = message_of(portal, "всё равно отвечаю")
    message.reply_to_provider_id = 999_999  # there is no such message
    await service.break_it(portal, "expired_token")
    await service.enqueue(message)

    await service.work()

    assert (await service.item(message)).state == SENT
    assert await service.seen(portal) == ["всё равно отвечаю"]


async def test_a_turn_that_cannot_be_settled_leaves_the_turns_settled_with_it_alone(
    service: Any, message_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, bad, good = [await service.portal() for _ in range(3)]
    messages = {portal.id: message_of(portal, "привет") for portal in (first, bad, good)}
    await service.enqueue(*messages.values())
    settle, gate = outbox.settle, asyncio.Event()

    async def refuse(conn: Any, settled: Any, token_of: Any) -> Any:
        if first.id in token_of:
            await gate.wait()
        if bad.id in token_of:
            await conn.execute(text("SELECT CAST('no' || :what AS integer)"), {"what": "t a number"})
        return await settle(conn, settled, token_of)

    monkeypatch.setattr(outbox, "settle", refuse)
    lanes = {lane.portal_id: lane for lane in await service.lanes.claim(10)}
    gathering = service.lanes._settlement._turns
    turns = [asyncio.create_task(service.lanes.take_turn(lanes[first.id]))]
    while not gathering._in_flight:  # noqa: ASYNC110 - there is no event to wait for
        await asyncio.sleep(0.01)
    turns += [asyncio.create_task(service.lanes.take_turn(lanes[portal.id])) for portal in (bad, good)]
    while gathering.depth < 2:  # noqa: ASYNC110 - as above; the two share the next transaction
        await asyncio.sleep(0.01)
    gate.set()
    ended = await asyncio.gather(*turns, return_exceptions=True)

    assert [isinstance(turn, Exception) for turn in ended] == [False, True, False]
    assert [(await service.item(messages[portal.id])).state for portal in (first, bad, good)] == [
        SENT,
        SENDING,
        SENT,
    ]


async def test_a_renamed_portal_gets_its_message_at_its_new_address(service: Any, message_of: Any) -> None:
    portal = await service.portal()
    first, second = message_of(portal, "до"), message_of(portal, "после")
    await service.enqueue(first)
    await service.work()
    new_name = {"domain": f"{uuid4().hex}.bitrix24.ru"}
    await service.sim.control("POST", f"/portals/{portal.sim['member_id']}/rename", new_name)

    await service.enqueue(second)
    await service.work()

    assert await service.seen(portal) == ["до", "после"]
    assert await service.attempts(second) == [("sent", 200, "")]


async def test_what_nobody_waits_for_leaves_budget_to_who_does(service: Any, message_of: Any) -> None:
    portal = await service.portal()
    welcomes = [message_of(portal, "welcome", dialog_id=str(user)) for user in (2, 3, 4, 5, 6)]
    for welcome in welcomes:
        welcome.priority = pb.PRIORITY_BULK
    await service.fill(portal, 0.8)
    await service.enqueue(*welcomes)
    await service.work()

    await service.enqueue(message_of(portal, "ответ", dialog_id="1"))
    await service.work()

    assert await service.seen(portal, "1") == ["ответ"]
    waiting = [await service.item(one) for one in welcomes]
    assert {(one.state, one.attempts, one.cause) for one in waiting} == {(CREATED, 0, "rate_budget_used_up")}


async def test_when_a_portal_is_well_again_all_its_dialogs_go_on_together(service: Any, message_of: Any) -> None:
    portal = await service.portal()
    messages = [message_of(portal, "снова здесь", dialog_id=str(user)) for user in (2, 3, 4, 5, 6)]
    await service.break_it(portal, "http_502_html", count=None, method="*")
    await service.enqueue(*messages)
    while (await service.lane(portal)).cause != "breaker_open":
        await service.work()
        service.clock.advance(20)

    await service.sim.control("PUT", f"/portals/{portal.sim['member_id']}/faults", [])
    await asyncio.sleep(6.5)  # the breaker opens by the clock of Redis
    service.clock.advance(30)
    await service.work()
    service.clock.advance(2)
    await service.work()

    assert [(await service.item(one)).state for one in messages] == [SENT] * 5
    assert [await service.seen(portal, str(user)) for user in (2, 3, 4, 5, 6)] == [["снова здесь"]] * 5


async def test_what_a_lane_rested_for_ends_with_the_news_of_it(service: Any, message_of: Any) -> None:
    portal = await service.portal()
    messages = [message_of(portal, text) for text in ("раз", "два")]
    await service.break_it(portal, "payment_required")
    await service.enqueue(*messages)
    await service.work()
    resting = await service.item(messages[0])

    await service.tell(portal, portal_pb2.PORTAL_STATE_ACTIVE)
    await service.work()

    assert (resting.state, resting.attempts) == (RETRY, 0)
    assert resting.due_at.ToDatetime(tzinfo=UTC) > service.clock() + timedelta(minutes=50)
    assert await service.seen(portal) == ["раз", "два"]


async def test_a_classic_bot_sends_in_its_own_words_and_again_where_nobody_answered(
    service: Any, message_of: Any
) -> None:
    portal = await service.portal(bots_v2=False)
    greeting, lost = message_of(portal, "Здравствуйте!"), message_of(portal, "ответ")
    greeting.buttons.append(pb.Button(text="Что ты умеешь?", command="help"))
    await service.enqueue(greeting)
    await service.work()
    await service.enqueue(lost)
    await service.break_it(portal, "close_before", method="imbot.message.add")

    await service.work()
    unsure = (await service.item(lost)).state
    service.clock.advance(7)
    await service.work()

    shown = await service.sim.seen(portal.sim, dialog_id="2")
    assert [one["text"] for one in shown] == ["Здравствуйте!", "ответ"]
    assert shown[0]["keyboard"] == [{"TEXT": "Что ты умеешь?", "COMMAND": "help", "DISPLAY": "LINE"}]
    assert unsure == UNKNOWN
