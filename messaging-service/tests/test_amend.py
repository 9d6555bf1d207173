"""Edits and deletions: before the answer they change the question, after it an edit is a new one."""

from typing import Any

import pytest

from teachbase.messaging.v1 import messaging_pb2 as pb

ACCEPTED, IGNORED, DUPLICATE = (
    pb.INBOUND_OUTCOME_ACCEPTED,
    pb.INBOUND_OUTCOME_IGNORED,
    pb.INBOUND_OUTCOME_DUPLICATE,
)
QUESTIONS = """
    SELECT body, state, reason FROM messages WHERE portal_id = :id AND direction = 'rx' ORDER BY id
"""


async def questions(service: Any, portal: Any) -> list[tuple[str, str, str]]:
    return [tuple(row) for row in await service.rows(QUESTIONS, id=portal.id)]


async def outcomes(service: Any, *events: Any) -> list[tuple[int, str]]:
    return [(receipt.outcome, receipt.reason) for receipt in await service.ingest(*events)]


async def test_an_edit_before_the_answer_replaces_the_question(
    service: Any, event_of: Any, amendment_of: Any
) -> None:
    portal = await service.portal()
    await service.ingest(event_of(portal, 70101, "Где отпуск?"))

    told = await outcomes(service, amendment_of(portal, "UPDATE"))
    await service.respond()

    assert told == [(ACCEPTED, "question_replaced")]
    assert [one.body for one in service.handed(portal)] == ["pong"]
    assert await questions(service, portal) == [("ping", "answered", "")]


async def test_an_edit_after_the_answer_is_answered_once_as_a_new_question(
    service: Any, event_of: Any, amendment_of: Any
) -> None:
    portal = await service.portal()
    await service.ingest(event_of(portal, 70101, "Где отпуск?"))
    await service.respond()

    told = await outcomes(service, amendment_of(portal, "UPDATE"), amendment_of(portal, "UPDATE"))
    await service.respond()

    assert [outcome for outcome, _ in told] == [ACCEPTED, DUPLICATE]
    assert [one.body for one in service.handed(portal)][1:] == ["pong"]
    assert [state for _, state, _ in await questions(service, portal)] == ["answered", "answered"]


async def test_an_edit_that_changes_no_word_is_no_question(service: Any, event_of: Any, amendment_of: Any) -> None:
    portal = await service.portal()
    await service.ingest(event_of(portal, 70101, "ping"))
    await service.respond()

    told = await outcomes(service, amendment_of(portal, "UPDATE"))
    await service.respond()

    assert told == [(IGNORED, "text_unchanged")]
    assert len(service.handed(portal)) == 1


async def test_a_question_edited_while_its_answer_is_made_gets_the_answer_to_what_it_says_now(
    service: Any, event_of: Any, amendment_of: Any
) -> None:
    portal = await service.portal()
    await service.ingest(event_of(portal, 70101, "Где отпуск?"))
    (batch,) = await service.responder.claim(1)
    composed = await service.compose(batch)  # the answer to the old text is ready, not yet fixed
    await service.ingest(amendment_of(portal, "UPDATE"))

    await service.responder._fix(composed)
    service.clock.advance(16)
    await service.respond()

    assert [one.body for one in service.handed(portal)] == ["pong"]


async def test_a_question_taken_back_before_its_answer_gets_none(
    service: Any, event_of: Any, amendment_of: Any
) -> None:
    portal = await service.portal()
    await service.ingest(event_of(portal, 70101, "ping"), event_of(portal, 70102, "/help"))

    told = await outcomes(service, amendment_of(portal, "DELETE"))
    await service.respond()

    assert told == [(ACCEPTED, "message_deleted")]
    assert [state for _, state, _ in await questions(service, portal)] == ["ignored", "answered"]
    assert len(service.handed(portal)) == 1


async def test_a_question_taken_back_after_its_answer_changes_nothing(
    service: Any, event_of: Any, amendment_of: Any
) -> None:
    portal = await service.portal()
    await service.ingest(event_of(portal, 70101, "ping"))
    await service.respond()

    assert await outcomes(service, amendment_of(portal, "DELETE")) == [(IGNORED, "message_deleted")]
    assert [state for _, state, _ in await questions(service, portal)] == ["answered"]


@pytest.mark.parametrize("in_one_batch", [True, False])
@pytest.mark.parametrize(("kind", "answers"), [("UPDATE", ["pong"]), ("DELETE", [])])
async def test_what_overtakes_its_message_counts_when_the_message_comes(
    service: Any, event_of: Any, amendment_of: Any, kind: str, answers: list[str], in_one_batch: bool
) -> None:
    portal = await service.portal()
    events = [amendment_of(portal, kind), event_of(portal, 70101, "Где отпуск?")]

    for batch in [events] if in_one_batch else [[one] for one in events]:
        await service.ingest(*batch)
    await service.respond()

    assert [one.body for one in service.handed(portal)] == answers


async def test_of_several_edits_the_last_counts(service: Any, event_of: Any, amendment_of: Any) -> None:
    portal = await service.portal()
    edits = [amendment_of(portal, "UPDATE", said=said) for said in ("раз", "два", "ping")]

    await service.ingest(event_of(portal, 70101, "Где отпуск?"), *edits)
    await service.respond()

    assert [one.body for one in service.handed(portal)] == ["pong"]


async def test_an_edit_of_a_stranger_is_stored_and_changes_nothing(
    service: Any, event_of: Any, amendment_of: Any
) -> None:
    portal, other = await service.portal(), await service.portal()
    await service.ingest(event_of(portal, 70101, "Где отпуск?"))
    foreign = amendment_of(other, "UPDATE")
    foreign.body = foreign.body.replace(other.member_id.encode(), portal.member_id.encode())

    told = await outcomes(service, foreign)

    assert [reason for _, reason in told] == ["wrong_token"]
    assert [body for body, _, _ in await questions(service, portal)] == ["Где отпуск?"]
