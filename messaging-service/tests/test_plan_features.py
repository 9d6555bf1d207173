"""What a portal's plan allows of answers."""

from typing import Any

from messaging.knowledge.answer import Kind
from tests.model_stage import GOOD, Stage
from tests.scripted_model import scripted_model


async def test_without_the_plans_leave_no_model_is_asked_and_the_documents_answer(app: Any, clock: Any) -> None:
    async with scripted_model() as model:
        model.replies = [GOOD]
        stage = Stage(app, model, clock)

        quoted = await stage.ask(features=frozenset({"citations"}))
        asked = len(model.asked)
        said = await stage.ask(features=frozenset({"llm"}))
        await stage.endpoints.close()

    assert (quoted.kind, quoted.model, asked) == (Kind.KNOWLEDGE, None, 0)
    assert said.model is not None
    assert (quoted.names_place, said.names_place) == (True, False)


async def test_an_author_hears_of_the_limit_once_a_day(service: Any, event_of: Any) -> None:
    portal = await service.portal()
    service.billing.denied.add(portal.id)

    for number in range(3):
        await service.ingest(event_of(portal, 80101 + number, "ping"))
        await service.respond()
        service.clock.advance(3600)
    told = [one.body for one in service.handed(portal)]
    service.clock.advance(24 * 3600)
    await service.ingest(event_of(portal, 80110, "ping"))
    await service.respond()

    assert len(told) == 1
    assert "limit of answers" in told[0]
    assert len(service.handed(portal)) == 2
