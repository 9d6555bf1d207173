"""Answers: one for each message, in order, once, whatever dies or is away meanwhile."""

from typing import Any
from uuid import UUID

from kit import ids
from messaging import texts
from teachbase.portal.v1 import portal_pb2

BODY_OF = "SELECT body FROM messages WHERE portal_id = :id AND direction = 'tx' ORDER BY id"
OWED = "SELECT state, pending_since, lease_token FROM dialogs WHERE portal_id = :id"


async def test_a_burst_in_one_dialog_gets_one_reply_each_in_order(service: Any, event_of: Any) -> None:
    portal = await service.portal()
    moment = int(service.clock().timestamp() * 1000)
    events = [
        event_of(portal, 70101 + number, f"Вопрос {number}", trace_id=ids.stamp(moment + 2 * number, 0).hex)
        for number in range(10)
    ]
    await service.ingest(*events[:6])
    await service.ingest(*events[6:])

    await service.respond()

    assert await _asked_in_order(service, portal) == [70101 + number for number in range(10)]
    assert [row.state for row in await service.rows(OWED, id=portal.id)] == ["idle"]


async def test_a_burst_of_one_millisecond_is_answered_in_order(service: Any, event_of: Any) -> None:
    portal = await service.portal()
    moment = int(service.clock().timestamp() * 1000)
    events = [
        event_of(portal, 70101 + number, trace_id=ids.stamp(moment, (number << 60) + number).hex)
        for number in range(10)
    ]
    await service.ingest(*events)

    await service.respond()

    assert await _asked_in_order(service, portal) == [70101 + number for number in range(10)]


async def test_messages_that_overtook_each_other_are_answered_in_the_order_of_the_dialog(
    service: Any, event_of: Any
) -> None:
    portal = await service.portal()
    moment = int(service.clock().timestamp() * 1000)
    earlier, later = ids.stamp(moment, 0).hex, ids.stamp(moment + 5, 0).hex
    await service.ingest(event_of(portal, 70102, trace_id=earlier), event_of(portal, 70101, trace_id=later))

    await service.respond()

    assert await _asked_in_order(service, portal) == [70101, 70102]


async def test_while_delivery_is_away_the_dialog_stays_owed_and_the_same_reply_is_handed_over_later(
    service: Any, event_of: Any
) -> None:
    portal = await service.portal()
    await service.ingest(event_of(portal))
    service.delivery.failures = 1

    waits = await service.respond()
    owed = (await service.rows(OWED, id=portal.id))[0]
    service.clock.advance(3.1)
    await service.respond()

    assert [2.0 <= wait <= 3.0 for wait in waits] == [True]
    assert (owed.state, owed.lease_token) == ("pending", None)
    assert owed.pending_since is not None
    first, second = service.handed(portal)
    assert first == second
    assert [row.state for row in await service.rows(OWED, id=portal.id)] == ["idle"]
    assert len(await service.rows(BODY_OF, id=portal.id)) == 1


async def test_nobody_claims_a_postponed_dialog_before_its_time(service: Any, event_of: Any) -> None:
    portal = await service.portal()
    await service.ingest(event_of(portal))
    service.delivery.failures = 1
    await service.respond()

    service.clock.advance(1.5)
    await service.respond()

    assert len(service.handed(portal)) == 1


async def test_what_a_dead_worker_had_fixed_is_handed_over_after_its_lease_without_a_second_reply(
    service: Any, event_of: Any
) -> None:
    portal = await service.portal()
    await service.ingest(event_of(portal))
    batch = (await service.responder.claim(1))[0]
    composed = await service.compose(batch)  # the worker that dies after it has fixed the reply
    await service.responder._fix(composed)

    service.clock.advance(11)
    await service.respond()
    before_the_lease_ends = len(service.handed(portal))
    service.clock.advance(2)
    await service.respond()

    assert before_the_lease_ends == 0
    assert [one.id for one in service.handed(portal)] == [str(composed.replies[0].id)]
    assert len(await service.rows(BODY_OF, id=portal.id)) == 1


async def test_a_worker_that_lets_go_late_leaves_the_dialog_to_who_holds_it_now(
    service: Any, event_of: Any
) -> None:
    await service.ingest(event_of(await service.portal()))
    [late] = await service.responder.claim(1)
    service.clock.advance(13)
    [now] = await service.responder.claim(1)

    await service.responder._let_go(late, [], None)

    assert [one.id for one in late.dialogs] == [one.id for one in now.dialogs]
    assert await service.responder.claim(1) == []


async def test_a_worker_that_comes_late_after_its_lease_adds_nothing(service: Any, event_of: Any) -> None:
    portal = await service.portal()
    await service.ingest(event_of(portal))
    late = (await service.responder.claim(1))[0]
    service.clock.advance(13)
    await service.respond()

    await service.responder.answer(late)

    assert len({one.id for one in service.handed(portal)}) == 1
    assert len(await service.rows(BODY_OF, id=portal.id)) == 1


async def test_a_message_that_comes_while_the_dialog_is_answered_is_answered_next(
    service: Any, event_of: Any
) -> None:
    portal = await service.portal()
    await service.ingest(event_of(portal, 70101))
    batch = (await service.responder.claim(1))[0]
    composed = await service.compose(batch)
    await service.ingest(event_of(portal, 70102))
    await service.responder._fix(composed)

    again_in_s = await service.responder.answer(batch)
    await service.respond()

    assert again_in_s is None or again_in_s == 0
    assert await _asked_in_order(service, portal) == [70101, 70102]
    assert [row.state for row in await service.rows(OWED, id=portal.id)] == ["idle"]


async def test_a_used_up_quota_is_said_and_nothing_is_answered(service: Any, event_of: Any) -> None:
    portal = await service.portal()
    service.billing.denied.add(portal.id)
    await service.ingest(event_of(portal))

    await service.respond()

    said = texts.LIMIT_REACHED["ru"].format(resets_at="21.09.2026")
    assert [row.body for row in await service.rows(BODY_OF, id=portal.id)] == [said]


async def test_answers_are_counted_and_free_ones_are_not_asked_for(service: Any, event_of: Any) -> None:
    portal = await service.portal()
    paid, free = event_of(portal, 70101, "ping"), event_of(portal, 70102, "/help")
    await service.ingest(paid, free)

    await service.respond()

    assert UUID(paid.trace_id) in map(UUID, service.billing.committed)
    assert len(service.handed(portal)) == 2


async def test_a_strange_mention_is_answered_and_holds_up_nobody_else(service: Any, event_of: Any) -> None:
    strange, other = await service.portal(), await service.portal()
    await service.ingest(
        event_of(strange, said="[USER=" + "9" * 5000 + "]Кто-то[/USER], где отчёт?"), event_of(other, said="ping")
    )

    batch = (await service.responder.claim(1))[0]
    await service.responder.answer(batch)

    assert [one.body for one in service.handed(other)] == ["pong"]
    assert len(service.handed(strange)) == 1


async def test_a_dialog_that_delivery_refuses_is_its_own_trouble_and_fails_visibly_in_the_end(
    service: Any, event_of: Any
) -> None:
    bad, good = await service.portal(), await service.portal()
    service.delivery.refused.add(str(bad.id))
    await service.ingest(event_of(bad, 70101), event_of(good, 70102))

    await service.respond()
    owed_at_first = [row.state for row in await service.rows(OWED, id=bad.id)]
    service.clock.advance(3601)
    await service.respond()

    handed = [call for call in service.delivery.calls if {one.portal_id for one in call} == {str(good.id)}]
    assert len(handed) == 1
    assert owed_at_first == ["pending"]
    assert [row.state for row in await service.rows(OWED, id=bad.id)] == ["idle"]
    told = await service.rows(
        "SELECT state, reason FROM messages WHERE portal_id = :id AND direction = 'tx'", id=bad.id
    )
    assert [tuple(row) for row in told] == [("failed", "not_answerable: INVALID_ARGUMENT")]


async def test_who_may_not_ask_is_told_once_a_day_wherever_he_asks_and_not_at_all_by_opening_the_chat(
    service: Any, event_of: Any, join_of: Any
) -> None:
    portal = await service.portal(mode=portal_pb2.ACCESS_MODE_LIST, user_ids=())
    asked = [
        join_of(portal, user_id=27),
        event_of(portal, 70101, user_id=27),
        event_of(portal, 70102, "[USER=812]Бот[/USER], а тут?", user_id=27, dialog_id="chat5"),
        event_of(portal, 70103, "hello, who are you", user_id=31),
    ]

    for event in asked:
        await service.ingest(event)
        await service.respond()
    service.clock.advance(25 * 3600)
    await service.ingest(event_of(portal, 70104, user_id=27))
    await service.respond()

    said = [(one.provider_dialog_id, one.body) for one in service.handed(portal)]
    assert said == [("27", texts.REFUSAL["ru"]), ("31", texts.REFUSAL["en"]), ("27", texts.REFUSAL["ru"])]


async def _asked_in_order(service: Any, portal: Any) -> list[int]:
    """The messages answered, in the order in which delivery was handed the replies: that of sending."""
    asked = await service.rows(
        """
        SELECT CAST(tx.id AS text) AS id, rx.provider_message_id FROM messages AS tx
        JOIN messages AS rx ON rx.portal_id = tx.portal_id AND rx.id = tx.reply_to
        WHERE tx.portal_id = :id
        """,
        id=portal.id,
    )
    question_of = {row.id: row.provider_message_id for row in asked}
    return [question_of[one.id] for one in service.handed(portal)]
