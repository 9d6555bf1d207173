"""What answers cost: an honest no is free, and what a model was asked is counted, whatever came of it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from kit.ids import NIL
from messaging.answering import Answering
from messaging.clients.endpoint import Endpoints
from messaging.clients.model import Models
from tests.scripted_model import ScriptedModel, scripted_model, statements

VACATION = "# Отпуска\n\nЗаявление подают за две недели до начала отпуска."
QUESTION = "за сколько подают заявление на отпуск?"
GOOD = statements(("Заявление подают за две недели до начала отпуска.", 1, "Заявление подают за две недели"))


@pytest.fixture
async def model(app: Any, service: Any) -> AsyncIterator[ScriptedModel]:
    """Behind every portal's answers."""
    endpoints = Endpoints(most_s=2)
    async with scripted_model() as model:
        await app.answer_settings.choose(
            NIL, {"model_enabled": True, "base_url": model.url, "models": ["m"]}, None
        )
        service.responder._answering = Answering(app.knowledge, app.answer_settings, Models(endpoints))
        yield model
    await app.answer_settings.choose(NIL, {}, None)
    await endpoints.close()


async def ask(service: Any, event_of: Any, portal: Any, text: str, number: int = 70101) -> str:
    await service.ingest(event_of(portal, number, text))
    await service.respond()
    body: str = service.handed(portal)[-1].body
    return body


async def test_an_honest_no_is_not_counted_and_an_answer_is(service: Any, knowledge: Any, event_of: Any) -> None:
    portal = await service.portal()
    await knowledge.read(portal, "Отпуска.md", VACATION)

    await ask(service, event_of, portal, "кто выиграл чемпионат мира по футболу?")
    free = list(service.billing.released)
    counted_for_it = list(service.billing.committed)
    await ask(service, event_of, portal, QUESTION, 70102)

    assert len(free) == 1
    assert counted_for_it == []
    assert len(service.billing.committed) == 1
    assert service.billing.released == free


async def test_a_portal_without_documents_pays_nothing(service: Any, event_of: Any) -> None:
    portal = await service.portal()

    await ask(service, event_of, portal, QUESTION)

    assert (service.billing.committed, len(service.billing.released)) == ([], 1)


async def test_what_a_model_was_asked_is_counted_with_the_message_that_it_was_for(
    service: Any, knowledge: Any, event_of: Any, model: ScriptedModel
) -> None:
    portal = await service.portal()
    await knowledge.read(portal, "Отпуска.md", VACATION)
    model.replies = [GOOD]

    await ask(service, event_of, portal, QUESTION)

    [use] = service.billing.model_uses
    [row] = await service.rows("SELECT id FROM messages WHERE portal_id = :id AND direction = 'rx'", id=portal.id)
    assert (use.portal_id, use.model, use.prompt_tokens, use.completion_tokens) == (str(portal.id), "m", 120, 30)
    assert use.message_id == str(row.id)


async def test_an_answer_that_could_not_be_used_costs_its_tokens_all_the_same(
    service: Any, knowledge: Any, event_of: Any, model: ScriptedModel
) -> None:
    portal = await service.portal()
    await knowledge.read(portal, "Отпуска.md", VACATION)
    model.replies = ["no quote anywhere"]

    await ask(service, event_of, portal, QUESTION)

    assert [one.prompt_tokens for one in service.billing.model_uses] == [120]


async def test_a_count_that_billing_does_not_take_holds_up_no_answer(
    service: Any, knowledge: Any, event_of: Any, model: ScriptedModel
) -> None:
    portal = await service.portal()
    await knowledge.read(portal, "Отпуска.md", VACATION)
    model.replies = [GOOD]
    service.billing.refuses_model_uses = True

    body = await ask(service, event_of, portal, QUESTION)

    assert "за две недели" in body
    assert len(model.asked) == 1
