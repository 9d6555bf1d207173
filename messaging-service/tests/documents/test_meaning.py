"""Passages compared in meaning: embedded after they can be found by their words, and never instead of that."""

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from aiohttp import web
from sqlalchemy import text

from kit.ids import NIL
from messaging.answer_settings import AnswerSettingsBook
from messaging.clients.embeddings import LOCAL, Embeddings, EmbeddingSource
from messaging.clients.endpoint import OPEN_S, Endpoint, Endpoints, ModelFailed
from messaging.embedding import HELD, Embedder
from messaging.knowledge_base import KnowledgeBase
from messaging.repository import chunks
from tests import scripted_model as scripted
from tests.scripted_model import ScriptedModel, scripted_model

VACATION = "# Отпуска\n\nЕжегодный отпуск составляет 28 календарных дней."
REST = "# Санаторий\n\nПутёвки в пансионат выдаёт профсоюз."
CANTEEN = "# Столовая\n\nОбед с двенадцати до двух, пропуск не нужен."


@dataclass
class Meaning:
    """A portal's knowledge with a model of embeddings behind it."""

    engine: Any
    settings: AnswerSettingsBook
    knowledge: Any
    model: ScriptedModel
    embeddings: Embeddings
    embedder: Embedder
    base: KnowledgeBase
    clock: Any

    async def choose(self, portal_id: UUID, **chosen: Any) -> None:
        await self.settings.choose(portal_id, chosen, None)

    async def by_endpoint(self, portal_id: UUID, model: str = "m") -> None:
        await self.choose(NIL, allowed_base_urls=[self.model.url])
        await self.choose(portal_id, base_url=self.model.url, embeddings="endpoint", embedding_model=model)

    async def work(self) -> list[float | None]:
        """Embed all that is due."""
        waits: list[float | None] = []
        while held := await self.embedder.claim(2):
            waits += [await self.embedder.embed(one) for one in held]
        return waits

    async def found(self, portal: Any, question: str) -> list[Any]:
        version = (await self.base.versions([portal.id]))[portal.id]
        return await self.base.search(portal.id, version, question, 3) or []

    async def stored(self, portal: Any) -> list[tuple[str, int]]:
        async with self.engine.begin() as conn:
            await chunks.enter(conn, portal.id)
            rows = await conn.execute(text("SELECT model, place FROM kb_embeddings ORDER BY 1, 2"))
            return [(row.model, row.place) for row in rows]


@pytest.fixture
async def meaning(app: Any, knowledge: Any, clock: Any) -> AsyncIterator[Meaning]:
    endpoints = Endpoints(lambda: clock().timestamp(), most_s=0.5)
    embeddings = Embeddings(endpoints)
    settings = AnswerSettingsBook(app.engine, app.keyring, Endpoint("", ""), clock)
    async with scripted_model() as model:
        model.meanings = {"Санаторий": [1, 0, 0], "отдохнуть": [0.9, 0.1, 0], "Отпуска": [0, 1, 0]}
        yield Meaning(
            app.engine,
            settings,
            knowledge,
            model,
            embeddings,
            Embedder(app.engine, settings, embeddings, clock),
            KnowledgeBase(app.engine, settings, embeddings),
            clock,
        )
    await settings.choose(NIL, {}, None)
    await endpoints.close()


async def read_all(meaning: Meaning, portal: Any) -> list[Any]:
    named = {"Отпуска.md": VACATION, "Санаторий.md": REST, "Столовая.md": CANTEEN}
    return [await meaning.knowledge.read(portal, name, content) for name, content in named.items()]


async def test_what_shares_no_word_with_the_question_is_found_by_its_meaning(
    service: Any, meaning: Meaning
) -> None:
    portal = await service.portal()
    await meaning.by_endpoint(portal.id)
    documents = await read_all(meaning, portal)
    before = await meaning.found(portal, "где отдохнуть летом")
    await meaning.work()

    after = await meaning.found(portal, "где отдохнуть летом")

    assert all(one.is_embedding_due for one in documents)
    assert [one.similarity for one in before] == [None] * len(before)
    assert after[0].passage.filename == "Санаторий.md"
    assert after[0].similarity == pytest.approx(0.994, abs=0.001)
    assert not (await meaning.knowledge.get(portal, documents[0].id)).is_embedding_due
    embedded = "".join(itertools.chain.from_iterable(meaning.model.embedded))
    assert "Санаторий\n" in embedded  # its title belongs to what it means


async def test_words_still_count_where_meaning_does(service: Any, meaning: Meaning) -> None:
    portal = await service.portal()
    meaning.model.meanings["ежегодный"] = [1, 1, 1]  # as near to all of them
    await meaning.by_endpoint(portal.id)
    await read_all(meaning, portal)
    await meaning.work()

    found = await meaning.found(portal, "сколько дней ежегодный отпуск")

    assert found[0].passage.filename == "Отпуска.md"


async def test_a_new_document_is_found_before_it_is_embedded(service: Any, meaning: Meaning) -> None:
    """Meaning known of some documents only would push aside the one that is new."""
    portal = await service.portal()
    await meaning.by_endpoint(portal.id)
    await read_all(meaning, portal)
    await meaning.work()
    await meaning.knowledge.read(portal, "Парковка.md", "# Парковка\n\nМесто на парковке даёт охрана.")

    found = await meaning.found(portal, "кто даёт место на парковке, чтобы отдохнуть")

    assert found[0].passage.filename == "Парковка.md"
    assert found[0].similarity is None


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (scripted.fails, "overloaded"),
        (scripted.is_unknown, "refused"),
        (scripted.hangs, "timeout"),
        (scripted.is_a_page, "cut"),
        (scripted.is_a_list, "cut"),
        ([[1.0, 0.0, 0.0]] * 2, "cut"),
        ([[]], "cut"),
        ([[float("nan"), 1.0, 0.0]], "cut"),
        ([[0.0, 0.0, 0.0]], "cut"),
        ([["a"]], "cut"),
        ([[0.1] * 5000], "cut"),
    ],
)
async def test_an_endpoint_that_fails_is_seen_on_the_document_and_tried_again(
    service: Any, meaning: Meaning, reply: Any, code: str
) -> None:
    portal = await service.portal()
    await meaning.by_endpoint(portal.id)
    document = await meaning.knowledge.read(portal, "Отпуска.md", VACATION)

    async def misbehaves(request: web.Request) -> Any:
        return scripted.embeddings(reply) if isinstance(reply, list) else await reply(request)

    meaning.model.embedding = misbehaves
    waits = await meaning.work()
    seen = await meaning.knowledge.get(portal, document.id)
    found = await meaning.found(portal, "ежегодный отпуск")
    meaning.model.embedding = None
    meaning.clock.advance(OPEN_S + 1)
    await meaning.work()
    mended = await meaning.knowledge.get(portal, document.id)

    assert waits == [30.0]
    assert (seen.is_embedding_due, seen.embedding_error) == (True, code)
    assert found[0].passage.filename == "Отпуска.md"
    assert (mended.is_embedding_due, mended.embedding_error) == (False, "")
    assert await meaning.stored(portal) == [(f"{meaning.model.url} m", 0)]


async def test_a_question_does_not_wait_for_an_endpoint_that_hangs(service: Any, meaning: Meaning) -> None:
    portal = await service.portal()
    await meaning.by_endpoint(portal.id)
    await meaning.knowledge.read(portal, "Отпуска.md", VACATION)
    await meaning.work()
    meaning.model.embedding = scripted.hangs

    found = await meaning.found(portal, "ежегодный отпуск")

    assert (found[0].passage.filename, found[0].similarity) == ("Отпуска.md", None)


async def test_another_model_embeds_everything_anew_and_none_forgets_it(service: Any, meaning: Meaning) -> None:
    portal, other = await service.portal(), await service.portal()
    for one in (portal, other):
        await meaning.by_endpoint(one.id)
        await meaning.knowledge.read(one, "Отпуска.md", VACATION)
    await meaning.work()

    await meaning.by_endpoint(portal.id, "another")
    await meaning.work()
    changed = await meaning.stored(portal)
    await meaning.choose(portal.id, embeddings="off")
    await meaning.work()

    assert changed == [(f"{meaning.model.url} another", 0)]
    assert await meaning.stored(portal) == []
    assert await meaning.stored(other) == [(f"{meaning.model.url} m", 0)]


async def test_a_model_of_another_size_behind_the_same_name_mutes_nobody(service: Any, meaning: Meaning) -> None:
    portal = await service.portal()
    await meaning.by_endpoint(portal.id)
    await read_all(meaning, portal)
    await meaning.work()
    meaning.model.meanings = {"ежегодный": [1, 0, 0, 0, 0]}

    found = await meaning.found(portal, "сколько дней ежегодный отпуск")

    assert (found[0].passage.filename, found[0].similarity) == ("Отпуска.md", None)


async def test_vectors_of_any_length_are_stored(service: Any, meaning: Meaning) -> None:
    portal = await service.portal()
    await meaning.by_endpoint(portal.id)
    meaning.model.meanings = {"Санаторий": [1e30, 0, 0], "отдохнуть": [1e-30, 0, 0]}
    await read_all(meaning, portal)
    await meaning.work()

    found = await meaning.found(portal, "где отдохнуть летом")

    assert (found[0].passage.filename, found[0].similarity) == ("Санаторий.md", pytest.approx(1))


async def test_what_does_not_concern_embeddings_embeds_nothing_anew(service: Any, meaning: Meaning) -> None:
    portal = await service.portal()
    await meaning.by_endpoint(portal.id)
    await meaning.knowledge.read(portal, "Отпуска.md", VACATION)
    await meaning.work()

    same = {"base_url": meaning.model.url, "embeddings": "endpoint", "embedding_model": "m"}
    await meaning.choose(portal.id, **same, tone="formal")

    assert await meaning.embedder.claim(10) == []


async def test_a_worker_that_dies_leaves_its_document_to_the_next_one(service: Any, meaning: Meaning) -> None:
    portal = await service.portal()
    await meaning.by_endpoint(portal.id)
    await meaning.knowledge.read(portal, "Отпуска.md", VACATION)
    (dead,) = await meaning.embedder.claim(2)
    meanwhile = await meaning.embedder.claim(2)

    meaning.clock.advance(HELD.total_seconds() + 1)
    await meaning.work()
    late = await meaning.embedder.embed(dead)

    assert meanwhile == []
    assert late is None
    assert len(await meaning.stored(portal)) == 1
    assert await meaning.embedder.claim(2) == []


async def test_a_document_that_goes_while_it_is_embedded_leaves_nothing(service: Any, meaning: Meaning) -> None:
    portal = await service.portal()
    await meaning.by_endpoint(portal.id)
    document = await meaning.knowledge.read(portal, "Отпуска.md", VACATION)

    async def late(_request: web.Request) -> web.Response:
        await meaning.knowledge.delete(portal, document.id)
        return scripted.embeddings([[0.0, 1.0, 0.0]])

    meaning.model.embedding = late
    (held,) = await meaning.embedder.claim(2)

    assert await meaning.embedder.embed(held) is None
    assert await meaning.stored(portal) == []


async def test_a_long_document_is_embedded_in_batches_and_takes_turns(service: Any, meaning: Meaning) -> None:
    portal, other = await service.portal(), await service.portal()
    long = "\n\n".join(f"## Раздел {number}\n\n{'Порядок оформления заявки. ' * 30}" for number in range(40))
    for one, content in ((portal, long), (other, VACATION)):
        await meaning.by_endpoint(one.id)
        await meaning.knowledge.read(one, "Файл.md", content)

    waits = await meaning.work()

    assert len(await meaning.stored(portal)) == len(await meaning.knowledge.passages(portal)) > 32
    assert len(await meaning.stored(other)) == 1
    assert max(len(batch) for batch in meaning.model.embedded) == 16
    assert waits.count(None) == 2


async def test_no_statement_sees_what_passages_of_another_portal_mean(service: Any, meaning: Meaning) -> None:
    portal, other = await service.portal(), await service.portal()
    for one in (portal, other):
        await meaning.by_endpoint(one.id)
        await meaning.knowledge.read(one, "Санаторий.md", REST)
    await meaning.work()

    async with meaning.engine.begin() as conn:
        nobodys = (await conn.execute(text("SELECT portal_id FROM kb_embeddings"))).all()
        await chunks.enter(conn, portal.id)
        seen = {row.portal_id for row in await conn.execute(text("SELECT portal_id FROM kb_embeddings"))}
    found = await meaning.found(portal, "отдохнуть")

    assert nobodys == []
    assert seen == {portal.id}
    assert len(found) == 1


async def test_the_built_in_model_tells_what_is_meant(service: Any, meaning: Meaning) -> None:
    """The real one: no word of the question stands in the passage that answers it."""
    portal = await service.portal()
    await meaning.choose(portal.id, embeddings="local")
    await read_all(meaning, portal)
    await meaning.work()

    found = await meaning.found(portal, "когда можно поесть?")

    assert {model for model, _ in await meaning.stored(portal)} == {LOCAL}
    assert found[0].passage.filename == "Столовая.md"


async def test_e5_is_told_what_is_a_question_and_what_a_passage(meaning: Meaning) -> None:
    endpoint = Endpoint(meaning.model.url, "", ("multilingual-e5-large",))
    source = EmbeddingSource("e5", endpoint)

    await meaning.embeddings.passages(source, ["столовая"])
    [vector] = await meaning.embeddings.question(source, "где столовая")

    assert meaning.model.embedded == [["passage: столовая"], ["query: где столовая"]]
    assert isinstance(vector, np.ndarray)


async def test_an_endpoint_that_is_not_there_is_named_unreachable(meaning: Meaning) -> None:
    source = EmbeddingSource("x", Endpoint("http://127.0.0.1:9/v1", "", ("m",)))

    with pytest.raises(ModelFailed, match="unreachable"):
        await meaning.embeddings.question(source, "x")
