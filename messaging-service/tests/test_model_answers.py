"""Answers by a model: every statement has a quote that stands in its source; a model that fails mutes nobody."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from kit.errors import InvalidArgument
from kit.ids import NIL
from messaging.answering import Answering
from messaging.clients.endpoint import OPEN_S, Endpoint, Endpoints, ModelFailed
from messaging.clients.model import Models
from messaging.errors import ModelAddressNotAllowed
from messaging.knowledge.answer import Kind
from messaging.knowledge.prompt import Turn
from messaging.respond import Responder
from tests import scripted_model as scripted
from tests.model_stage import GOOD, QUESTION, VACATION, Stage
from tests.scripted_model import ScriptedModel, scripted_model, statements

NOT_SAID, DENIES = "not_what_the_source_says", "denies_what_the_source_says"


@pytest.fixture
async def model() -> AsyncIterator[ScriptedModel]:
    async with scripted_model() as model:
        yield model


@pytest.fixture
async def stage(
    app: Any, model: ScriptedModel, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stage]:
    monkeypatch.setattr("messaging.clients.model.PAUSE_S", 0.01)
    stage = Stage(app, model, clock)
    yield stage
    await stage.endpoints.close()


async def test_a_statement_with_its_quote_is_the_answer(stage: Stage) -> None:
    stage.model.replies = [GOOD]

    answer = await stage.ask()

    assert (answer.kind, answer.text) == (Kind.KNOWLEDGE, "Заявление подают за две недели до начала отпуска.")
    assert [(one.quote, one.path) for one in answer.citations] == [
        ("Заявление подают за две недели", ("Отпуска",))
    ]
    assert answer.model is not None
    assert (answer.model.model, answer.model.prompt_tokens, answer.model.failure) == ("first", 120, "")


@pytest.mark.parametrize(
    ("text", "source", "quote", "reason"),
    [
        ("Отпуск длится 28 дней.", 1, "Ежегодный отпуск составляет 30 дней", "quote_not_in_source"),
        ("Отпуск длится 28 дней.", 7, "Ежегодный отпуск составляет", "no_such_source"),
        ("Отпуск длится 28 дней.", True, "Ежегодный отпуск составляет", "no_such_source"),
        ("Отпуск составляет 45 календарных дней.", 1, "Ежегодный отпуск составляет", "not_what_the_source_says"),
        ("Директора зовут Иван Петрович Сидоров.", 1, "Ежегодный отпуск составляет", "not_what_the_source_says"),
        ("Отпуск: https://evil.example/?q=28", 1, "Ежегодный отпуск составляет", "link_not_in_source"),
        ("Отпуск составляет 28 дней.", 1, "отпуск", "quote_not_in_source"),
        ("", 1, "Ежегодный отпуск составляет", "malformed"),
        ("Отпуск \x00 составляет 28 дней.", 1, "Ежегодный отпуск составляет", "malformed"),
        ("Отпуск \ud83d составляет 28 дней.", 1, "Ежегодный отпуск составляет", "malformed"),
        (
            "Отпуск составляет 28 календарных дней, пишите boss@evil.com",
            1,
            "Ежегодный отпуск составляет",
            NOT_SAID,
        ),
        ("Ежегодный отпуск составляет 28 дней, см. evil.com/login", 1, "Ежегодный отпуск составляет", NOT_SAID),
        ("Ежегодный отпуск не составляет 28 дней.", 1, "Ежегодный отпуск составляет 28", DENIES),
    ],
)
async def test_a_statement_that_its_source_does_not_support_is_not_let_out(
    stage: Stage, text: str, source: Any, quote: str, reason: str
) -> None:
    good = ("Заявление подают за две недели до начала отпуска.", 1, "Заявление подают за две недели")
    stage.model.replies = [statements((text, source, quote)), statements((text, source, quote), good)]

    alone = await stage.ask()
    beside = await stage.ask()

    assert alone.kind is Kind.NOT_FOUND
    assert alone.model is not None
    assert [why for _, why in alone.model.dropped] == [reason]
    assert beside.text == good[0]


async def test_white_space_of_a_quote_may_be_another(stage: Stage) -> None:
    stage.documents.passage = replace(stage.documents.passage, text=VACATION.replace(" ", "\n  "))
    stage.model.replies = [GOOD]

    answer = await stage.ask()

    assert answer.kind is Kind.KNOWLEDGE
    assert answer.citations[0].quote in stage.documents.passage.text


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        (scripted.hangs, "timeout"),
        (scripted.is_overloaded, "overloaded"),
        (scripted.fails, "overloaded"),
        (scripted.is_unknown, "refused"),
        (scripted.breaks_off, "unreachable"),
        (scripted.ends_early, "cut"),
        (scripted.stalls, "timeout"),
        (scripted.has_no_end, "cut"),
        (scripted.is_half_a_piece, "cut"),
        (scripted.is_no_json, "cut"),
        (scripted.is_cut, "cut"),
        ("", "empty"),
        (scripted.is_a_page, "cut"),
        (scripted.is_a_list, "cut"),
        (scripted.says_a_list, "cut"),
        (scripted.moves, "refused"),
        ("[" * 5000, "unusable"),
        ("Заявление подают за две недели.", "unusable"),
        ('{"found": true}', "unusable"),
        ('{"found": true, "statements": "all"}', "unusable"),
    ],
)
async def test_a_model_that_fails_leaves_the_documents_to_answer(stage: Stage, reply: Any, failure: str) -> None:
    stage.model.replies = [reply]

    answer = await stage.ask()

    assert answer.kind is Kind.KNOWLEDGE
    assert "за две недели" in answer.text
    assert answer.model is not None
    assert answer.model.failure == failure


async def test_an_endpoint_that_fails_time_and_again_rests_and_is_tried_again(stage: Stage) -> None:
    stage.model.replies = [scripted.is_unknown]
    for _ in range(3):
        await stage.ask()
    asked = len(stage.model.asked)

    resting = await stage.ask()
    stage.now += OPEN_S + 1
    stage.model.replies = [GOOD]
    again = await stage.ask()

    assert resting.model is not None
    assert (resting.model.failure, len(stage.model.asked)) == ("resting", asked + 1)
    assert again.model is not None
    assert again.model.failure == ""


async def test_where_one_model_cannot_the_next_one_answers(stage: Stage) -> None:
    await stage.settings.choose(stage.portal_id, {"models": ["first", "second"]}, None)
    stage.model.replies = [scripted.is_unknown, GOOD]

    answer = await stage.ask()

    assert [one["model"] for one in stage.model.asked] == ["first", "second"]
    assert answer.model is not None
    assert answer.model.model == "second"


async def test_below_the_gate_no_model_is_asked(stage: Stage) -> None:
    stage.documents.coverage = 0.1
    stage.model.replies = [GOOD]

    answer = await stage.ask("курс биткоина сегодня")

    assert answer.kind is Kind.NOT_FOUND
    assert stage.model.asked == []


async def test_a_follow_up_is_looked_for_together_with_what_was_asked_before(stage: Stage) -> None:
    stage.model.replies = [GOOD]
    before = [Turn(is_ours=False, text=QUESTION), Turn(is_ours=True, text="За две недели.")]

    await stage.ask("а для стажёров?", *before)
    await stage.ask("а сколько дней отпуска положено тем, кто работает на вредном производстве", *before)

    assert stage.documents.asked[0] == f"{QUESTION} а для стажёров?"
    assert not stage.documents.asked[1].startswith(QUESTION)
    assert "За две недели." in stage.model.asked[0]["messages"][1]["content"]


async def test_settings_of_a_portal_stand_over_everybodys(stage: Stage) -> None:
    own, other = uuid4(), uuid4()
    elsewhere = "https://models.example/v1"
    await stage.settings.choose(NIL, {"tone": "formal", "allowed_base_urls": [elsewhere]}, None)
    await stage.settings.choose(own, {"base_url": elsewhere, "model_enabled": False}, "secret")

    with pytest.raises(ModelAddressNotAllowed):
        await stage.settings.choose(other, {"base_url": "https://evil.example/v1"}, None)
    mine, theirs = await stage.settings.chosen(own), await stage.settings.chosen(other)
    everybodys, endpoint = await stage.settings.chosen(NIL), await stage.settings.endpoint(own)
    await stage.settings.choose(NIL, {}, None)

    assert (mine.effective.tone, mine.effective.base_url, mine.has_api_key) == ("formal", elsewhere, True)
    assert not mine.effective.has_model
    assert (theirs.effective.tone, theirs.effective.base_url) == ("formal", stage.model.url)
    assert endpoint.api_key == "secret"
    assert everybodys.own["tone"] == "formal"


async def test_a_slow_model_keeps_nobody_else_waiting_and_its_dialogs_are_held(
    service: Any, stage: Stage, event_of: Any
) -> None:
    patient, other = await service.portal(), await service.portal()
    await stage.give_document_to(service, patient)
    stage.endpoints = Endpoints(most_s=30)
    gate = asyncio.Event()

    async def slowly(request: Any) -> Any:
        await gate.wait()
        return await scripted.said(request, GOOD)

    stage.model.replies = [slowly]
    await stage.settings.choose(NIL, {"model_enabled": False}, None)
    await stage.settings.choose(patient.id, {"model_enabled": True}, None)
    documents: Any = stage.documents
    service.responder._answering = Answering(documents, stage.settings, Models(stage.endpoints))
    await service.ingest(event_of(patient, 70101, QUESTION), event_of(other, 70101, "ping"))

    await service.respond(patiently=False)
    others = [one.body for one in service.handed(other)]
    for _ in range(5):
        service.clock.advance(8)
        await service.responder.slowly.renew()
        await service.respond(patiently=False)  # nobody takes it over meanwhile
    waiting = service.handed(patient)
    gate.set()
    await service.responder.slowly.settled()
    await stage.settings.choose(NIL, {}, None)

    assert others == ["pong"]
    assert waiting == []
    (reply,) = service.handed(patient)
    assert reply.body.startswith("Заявление подают за две недели до начала отпуска.")
    assert "[i]Источник: [b]Отпуска.docx[/b], раздел «Отпуска», стр. 3[/i]" in reply.body
    assert len(stage.model.asked) == 1
    await stage.endpoints.close()


async def test_when_a_process_ends_the_next_one_asks_a_model_that_took_too_long(
    service: Any, stage: Stage, event_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal = await service.portal()
    await stage.give_document_to(service, portal)
    stage.endpoints = Endpoints(most_s=30)

    async def never(_request: Any) -> Any:
        await asyncio.Event().wait()

    stage.model.replies = [never, GOOD]
    await stage.settings.choose(portal.id, {"model_enabled": True}, None)
    documents: Any = stage.documents
    ours = service.responder
    ours._answering = Answering(documents, stage.settings, Models(stage.endpoints))
    ending = Responder(ours._engine, ours._billing, ours._delivery, ours._answering, ours._now)
    monkeypatch.setattr("messaging.respond.DRAIN_S", 0.05)
    run = asyncio.create_task(ending.run())
    await service.ingest(event_of(portal, 70101, QUESTION))
    for batch in await ending.claim(1):
        await ending.answer(batch)
    async with asyncio.timeout(5):
        while not stage.model.asked:  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.01)

    run.cancel()
    await asyncio.wait([run])
    before = service.handed(portal)
    await service.respond()  # the clock stands still: no lease has run out

    assert before == []
    assert [one.body.startswith("Заявление подают за две недели") for one in service.handed(portal)] == [True]
    assert len(stage.model.asked) == 2
    await stage.endpoints.close()


async def test_a_portal_that_waits_for_its_model_takes_no_turns_of_another(
    service: Any, stage: Stage, event_of: Any
) -> None:
    busy, other = await service.portal(), await service.portal()
    await stage.give_document_to(service, busy)
    await stage.give_document_to(service, other)
    stage.endpoints = Endpoints(most_s=30)
    gate = asyncio.Event()
    in_time: list[str] = []

    async def slowly(request: Any) -> Any:
        if "Соседи" not in str(await request.json()):
            await gate.wait()
        return await scripted.said(request, GOOD)

    stage.model.replies = [slowly] * 100
    await stage.settings.choose(NIL, {"model_enabled": True}, None)
    documents: Any = stage.documents
    service.responder._answering = Answering(documents, stage.settings, Models(stage.endpoints))
    many = [event_of(busy, 70101 + number, QUESTION, user_id=100 + number) for number in range(40)]
    await service.ingest(*many)
    await service.respond(patiently=False)
    await service.ingest(event_of(other, 70101, f"Соседи: {QUESTION}"))

    await service.respond(patiently=False)
    async with asyncio.timeout(5):
        while not in_time:
            in_time += [one.body for one in service.handed(other)]
            await asyncio.sleep(0.02)
    waiting, held = service.handed(busy), service.responder.slowly.room_for(busy.id)
    gate.set()
    await service.responder.slowly.settled()
    for _ in range(len(many)):
        service.clock.advance(16)
        await service.respond()
    await stage.settings.choose(NIL, {}, None)

    assert in_time[0].startswith("Заявление подают за две недели")
    assert (waiting, held) == ([], 0)
    assert len({one.provider_dialog_id for one in service.handed(busy)}) == len(many)
    await stage.endpoints.close()


async def test_a_key_goes_only_to_the_address_it_was_given_for(stage: Stage) -> None:
    portal_id, elsewhere = uuid4(), "https://models.example/v1"
    await stage.settings.choose(NIL, {"allowed_base_urls": [elsewhere]}, None)
    await stage.settings.choose(portal_id, {"base_url": elsewhere}, "secret")
    given_for = await stage.settings.endpoint(portal_id)

    await stage.settings.choose(portal_id, {}, None)
    inherited = await stage.settings.endpoint(portal_id)
    await stage.settings.choose(portal_id, {"base_url": elsewhere}, None)
    await stage.settings.choose(NIL, {}, None)
    stage.settings.forget()
    no_longer_allowed = await stage.settings.endpoint(portal_id)

    assert (given_for.base_url, given_for.api_key) == (elsewhere, "secret")
    assert (inherited.base_url, inherited.api_key) == (stage.model.url, "key")
    assert (no_longer_allowed.base_url, no_longer_allowed.api_key) == (stage.model.url, "key")


@pytest.mark.parametrize("api_key", ["two\nlines", "пробел ы", " padded", "ключ"])
async def test_a_key_that_no_header_can_hold_is_refused(stage: Stage, api_key: str) -> None:
    with pytest.raises(InvalidArgument):
        await stage.settings.choose(uuid4(), {}, api_key)


@pytest.mark.parametrize("url", ["http://[", "ftp://x/v1", "https://user:pw@x/v1", "https:///v1", "x"])
async def test_what_is_no_address_is_refused(stage: Stage, url: str) -> None:
    with pytest.raises(InvalidArgument):
        await stage.settings.choose(NIL, {"base_url": url}, None)


async def test_one_portals_bad_key_does_not_rest_the_endpoint_for_others(stage: Stage) -> None:
    stage.model.replies = [scripted.is_unknown]
    bad = Endpoint(stage.model.url, "bad", ("first",))
    for _ in range(4):
        with pytest.raises(ModelFailed):
            await Models(stage.endpoints).complete(bad, [])
    stage.model.replies = [GOOD]

    answer = await stage.ask()

    assert answer.model is not None
    assert answer.model.failure == ""
