"""Questions from a page: answered and counted like those from the messenger."""

from typing import Any

import pytest


async def test_an_answer_is_counted_and_an_honest_no_is_free(service: Any, knowledge: Any) -> None:
    portal = await service.portal()
    await knowledge.read(portal, "Отпуска.md", knowledge.vacation)

    answered = await knowledge.ask(portal, "За сколько подавать заявление на отпуск?")
    unknown = await knowledge.ask(portal, "кто выиграл чемпионат мира по футболу")

    assert (answered.answered, unknown.answered) == (True, False)
    assert (len(knowledge.billing.committed), len(knowledge.billing.released)) == (1, 1)
    assert set(knowledge.billing.committed).isdisjoint(knowledge.billing.released)


async def test_when_the_answers_are_used_up_a_question_is_refused_and_nothing_is_counted(
    service: Any, knowledge: Any
) -> None:
    portal = await service.portal()
    await knowledge.read(portal, "Отпуска.md", knowledge.vacation)
    knowledge.billing.denied.add(portal.id)

    refused = await knowledge.refusal(knowledge.ask(portal, "За сколько подавать заявление на отпуск?"))

    assert refused.reason == "ANSWERS_USED_UP"
    assert (knowledge.billing.committed, knowledge.billing.released) == ([], [])


async def test_a_portal_is_full_when_its_index_is(
    service: Any, knowledge: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal, other = await service.portal(), await service.portal()
    first = await knowledge.read(portal, "Отпуска.md", knowledge.vacation)
    monkeypatch.setattr("messaging.indexing.MAX_PASSAGES", len(await knowledge.passages(portal)))

    too_much = await knowledge.read(portal, "Командировки.md", knowledge.travel)
    elsewhere = await knowledge.read(other, "Командировки.md", knowledge.travel)
    again = await knowledge.ask(portal, "За сколько подавать заявление на отпуск?")

    assert too_much.error_code == "knowledge_full"
    assert elsewhere.error_code == ""
    assert {document for document, _ in await knowledge.passages(portal)} == {first.id}
    assert again.answered
