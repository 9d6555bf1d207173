"""Golden questions: asked again when documents change, and what changed is shown."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest

from messaging.curation import Curation
from messaging.embedding import Embedder
from messaging.errors import GoldenNotFound, KnowledgeLimitReached
from messaging.golden import MAX_GOLDEN, GoldenQuestions
from messaging.knowledge.document import Golden

Ask = Callable[[], Awaitable[None]]
QUESTION = "За сколько подавать заявление на отпуск?"


@pytest.fixture
def golden(app: Any, clock: Any) -> GoldenQuestions:
    return GoldenQuestions(app.engine, app.answering, clock)


@pytest.fixture
def ask(app: Any, clock: Any, golden: GoldenQuestions) -> Ask:
    """What the worker does: documents are embedded, or found not to be; then the questions are asked."""
    embedder = Embedder(app.engine, app.answer_settings, app.embeddings, clock)

    async def ask() -> None:
        while held := await embedder.claim(10):
            for one in held:
                await embedder.embed(one)
        await golden.round()

    return ask


async def only(golden: GoldenQuestions, portal: Any, *, changed: bool = False) -> Golden:
    found, _ = await golden.page(portal.id, "", 10, only_changed=changed)
    [one] = found
    return one


async def test_the_first_answer_is_taken_as_right(
    service: Any, knowledge: Any, golden: GoldenQuestions, ask: Ask
) -> None:
    portal = await service.portal()
    document = await knowledge.read(portal, "Отпуска.md", knowledge.vacation)
    added = await golden.add(portal.id, QUESTION, 1)

    await ask()

    asked = await only(golden, portal)
    assert added.current is None
    assert asked.accepted == asked.current
    assert asked.current is not None
    assert asked.current["kind"] == "knowledge"
    assert "за две недели" in asked.current["answer"]
    assert asked.current["sources"] == [{"document_id": document.id, "filename": "Отпуска.md"}]
    assert not asked.is_changed


async def test_an_answer_that_changes_with_the_documents_is_shown_until_it_is_accepted(
    service: Any, knowledge: Any, golden: GoldenQuestions, ask: Ask
) -> None:
    portal = await service.portal()
    document = await knowledge.read(portal, "Отпуска.md", knowledge.vacation)
    await golden.add(portal.id, QUESTION, 1)
    await ask()

    await knowledge.delete(portal, document.id)
    await ask()
    changed = await only(golden, portal, changed=True)
    accepted = await golden.accept(portal.id, changed.id)
    await knowledge.read(portal, "Отпуска.md", knowledge.vacation)
    await ask()
    again = await only(golden, portal)

    assert changed.accepted is not None
    assert changed.current is not None
    assert (changed.accepted["kind"], changed.current["kind"]) == ("knowledge", "no_knowledge")
    assert (accepted.is_changed, accepted.accepted) == (False, changed.current)
    assert again.is_changed
    assert again.current is not None
    assert again.current["kind"] == "knowledge"


async def test_an_answer_that_stays_the_same_is_no_change(
    service: Any, knowledge: Any, golden: GoldenQuestions, ask: Ask
) -> None:
    portal = await service.portal()
    await knowledge.read(portal, "Отпуска.md", knowledge.vacation)
    await golden.add(portal.id, QUESTION, 1)
    await ask()
    first = await only(golden, portal)

    knowledge.clock.advance(60)
    await knowledge.read(portal, "Парковка.md", "# Парковка\n\nМесто на парковке даёт охрана.")
    await ask()

    again = await only(golden, portal)
    assert again.asked_at is not None
    assert first.asked_at is not None
    assert again.asked_at > first.asked_at
    assert not again.is_changed


async def test_a_curated_answer_is_a_change_too(
    service: Any, knowledge: Any, golden: GoldenQuestions, ask: Ask, clock: Any
) -> None:
    portal = await service.portal()
    await knowledge.read(portal, "Отпуска.md", knowledge.vacation)
    await golden.add(portal.id, QUESTION, 1)
    await ask()

    await Curation(golden.engine, clock).save(portal.id, None, QUESTION, "За месяц.", None, 1)
    await ask()

    changed = await only(golden, portal, changed=True)
    assert changed.current is not None
    assert (changed.current["kind"], changed.current["answer"]) == ("curated", "За месяц.")


async def test_nothing_is_asked_where_nothing_changed(
    service: Any, knowledge: Any, golden: GoldenQuestions, ask: Ask
) -> None:
    portal = await service.portal()
    await golden.add(portal.id, QUESTION, 1)
    await ask()
    first = await only(golden, portal)

    knowledge.clock.advance(60)
    await ask()

    assert (await only(golden, portal)).asked_at == first.asked_at


async def test_a_portal_has_as_many_as_can_be_asked(service: Any, golden: GoldenQuestions) -> None:
    portal, other = await service.portal(), await service.portal()
    for number in range(MAX_GOLDEN):
        await golden.add(portal.id, f"{number}?", 1)

    with pytest.raises(KnowledgeLimitReached):
        await golden.add(portal.id, QUESTION, 1)
    await golden.add(other.id, QUESTION, 1)
    first, token = await golden.page(portal.id, "", 60, only_changed=False)
    rest, end = await golden.page(portal.id, token, 60, only_changed=False)
    assert (len(first), len(rest), end) == (60, 40, "")
    for one in (*first, *rest):
        await golden.delete(portal.id, one.id)


async def test_one_of_another_portal_is_not_there(service: Any, golden: GoldenQuestions) -> None:
    portal, other = await service.portal(), await service.portal()
    added = await golden.add(portal.id, QUESTION, 1)

    with pytest.raises(GoldenNotFound):
        await golden.accept(other.id, added.id)
    with pytest.raises(GoldenNotFound):
        await golden.accept(portal.id, uuid4())
    await golden.delete(other.id, added.id)
    assert (await only(golden, portal)).id == added.id
    await golden.delete(portal.id, added.id)
    await golden.delete(portal.id, added.id)


async def test_a_portal_whose_questions_fail_keeps_no_others_from_theirs(
    service: Any, knowledge: Any, golden: GoldenQuestions, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing, other = await service.portal(), await service.portal()
    for portal in (failing, other):
        await knowledge.read(portal, "Отпуска.md", knowledge.vacation)
        await golden.add(portal.id, QUESTION, 1)
    asked = golden.answering.quoted

    async def quoted(portal_id: Any, version: Any, question: str) -> Any:
        if portal_id == failing.id:
            raise RuntimeError
        return await asked(portal_id, version, question)

    monkeypatch.setattr(golden.answering, "quoted", quoted)
    await ask()
    monkeypatch.undo()

    assert (await only(golden, other)).current is not None
    assert (await only(golden, failing)).current is None
    await ask()
    assert (await only(golden, failing)).current is not None


async def test_nothing_is_asked_while_documents_are_embedded(
    service: Any, knowledge: Any, golden: GoldenQuestions, ask: Ask
) -> None:
    portal = await service.portal()
    await golden.add(portal.id, QUESTION, 1)
    await knowledge.read(portal, "Отпуска.md", knowledge.vacation)

    await golden.round()

    assert (await only(golden, portal)).current is None
    await ask()
    assert (await only(golden, portal)).current is not None
