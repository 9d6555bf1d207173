"""Documents: taken in once, read by a worker that may die, answered from until they are deleted."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from kit import purge
from messaging import texts
from messaging.app import PERSONAL
from teachbase.messaging.v1 import knowledge_pb2 as pb

READY, FAILED, UPLOADED = pb.DOCUMENT_STATE_READY, pb.DOCUMENT_STATE_FAILED, pb.DOCUMENT_STATE_UPLOADED


async def test_a_document_is_read_and_answered_from_with_its_source(service: Any, knowledge: Any) -> None:
    portal = await service.portal()

    document = await knowledge.read(portal, "Отпуска.md", knowledge.vacation)
    answer = await knowledge.ask(portal, "За сколько подавать заявление на отпуск?")
    in_the_wrong_layout = await knowledge.ask(portal, "pf crjkmrj gjlfdfnm pfzdktybt yf jngecr")

    assert in_the_wrong_layout.answer == answer.answer
    assert (document.state, document.progress, document.content_type) == (READY, 100, "md")
    assert (document.title, document.language) == ("Положение об отпусках", "ru")
    assert answer.answered
    (citation,) = answer.citations
    assert citation.filename == "Отпуска.md"
    assert list(citation.location.heading) == ["Положение об отпусках", "Как оформить"]
    assert "за две недели до начала" in citation.quote
    assert citation.quote in knowledge.vacation


async def test_the_messenger_shows_the_quote_and_its_source(service: Any, knowledge: Any, event_of: Any) -> None:
    portal = await service.portal()
    await knowledge.read(portal, "Командировки.md", knowledge.travel)
    await service.ingest(event_of(portal, 70101, "какие суточные в командировке по россии?"))

    await service.respond()

    (reply,) = service.handed(portal)
    assert "700 рублей в день" in reply.body
    assert "[i]Источник: [b]Командировки.md[/b]" in reply.body
    [row] = await service.rows("SELECT kind, detail FROM answer_explanations WHERE portal_id = :id", id=portal.id)
    assert row.kind == "knowledge"
    assert row.detail["passages"][0]["verdict"] == "quoted"


async def test_what_a_portal_knows_is_looked_up_once_for_all_who_ask(
    service: Any, knowledge: Any, event_of: Any
) -> None:
    portal = await service.portal()
    await knowledge.read(portal, "Командировки.md", knowledge.travel)
    await service.ingest(event_of(portal, 70101, "какие суточные в командировке по россии?"))
    await service.respond()  # the index is built
    read: list[str] = []
    people = range(100, 108)
    asked = [event_of(portal, 70200 + one, "суточные по россии?", user_id=one) for one in people]
    await service.ingest(*asked)

    def hear(*told: Any) -> None:
        read.append(told[2])

    event.listen(service.engine.sync_engine, "before_cursor_execute", hear)
    await service.respond()
    event.remove(service.engine.sync_engine, "before_cursor_execute", hear)

    assert sum("700 рублей в день" in one.body for one in service.handed(portal)) == 1 + len(people)
    assert sum("FROM kb_versions" in statement for statement in read) == 2  # is it slow, and what does it know
    assert not any("kb_chunks" in statement or "kb_curated" in statement for statement in read)


async def test_a_question_in_the_wrong_layout_is_answered_in_the_language_that_was_meant(
    service: Any, knowledge: Any, event_of: Any
) -> None:
    portal = await service.portal()
    await knowledge.read(portal, "Отпуска.md", knowledge.vacation)
    await service.ingest(event_of(portal, 70101, "rfr jajhvbnm jngecr"))

    await service.respond()

    (reply,) = service.handed(portal)
    assert "Источник: [b]Отпуска.md[/b], раздел" in reply.body


async def test_what_no_document_says_is_told_honestly_with_what_may_be_asked(
    service: Any, knowledge: Any, event_of: Any
) -> None:
    portal = await service.portal()
    await knowledge.read(portal, "Отпуска.md", knowledge.vacation)
    await service.ingest(event_of(portal, 70101, "кто выиграл чемпионат мира по футболу"))

    await service.respond()

    (reply,) = service.handed(portal)
    assert reply.body.startswith(texts.NOT_FOUND["ru"])
    assert not (await knowledge.ask(portal, "курс биткоина сегодня")).answered


async def test_the_same_bytes_are_one_document_also_when_they_come_at_once(service: Any, knowledge: Any) -> None:
    portal, other = await service.portal(), await service.portal()

    at_once = await asyncio.gather(*(knowledge.upload(portal, f"{n}.md", knowledge.vacation) for n in range(4)))
    later = await knowledge.upload(portal, "Ещё раз.md", knowledge.vacation)
    elsewhere = await knowledge.upload(other, "Отпуска.md", knowledge.vacation)

    assert len({one.document.id for one in [*at_once, later]}) == 1
    assert [one.is_new for one in at_once].count(True) == 1
    assert not later.is_new
    assert elsewhere.is_new
    knowledge.clock.advance(3601)
    await knowledge.indexer.collect()
    assert knowledge.files(portal) == [later.document.id]  # what lost the race is taken away


async def test_a_deleted_document_is_never_quoted_again_and_its_file_goes(service: Any, knowledge: Any) -> None:
    portal = await service.portal()
    document = await knowledge.read(portal, "Командировки.md", knowledge.travel)
    before = await knowledge.ask(portal, "какие суточные в командировке")

    await knowledge.delete(portal, document.id)
    after = await knowledge.ask(portal, "какие суточные в командировке")
    await knowledge.delete(portal, document.id)
    knowledge.clock.at += timedelta(days=3650)  # its file is due by the database's clock
    await knowledge.indexer.collect()

    assert (before.answered, after.answered) == (True, False)
    assert await knowledge.passages(portal) == []
    assert knowledge.files(portal) == []
    assert (await knowledge.refusal(knowledge.get(portal, document.id))).reason == "DOCUMENT_NOT_FOUND"


async def test_a_document_deleted_while_its_answer_is_made_is_not_quoted(
    service: Any, knowledge: Any, event_of: Any
) -> None:
    portal = await service.portal()
    document = await knowledge.read(portal, "Командировки.md", knowledge.travel)
    await service.ingest(event_of(portal, 70101, "какие суточные в командировке по россии?"))
    (batch,) = await service.responder.claim(1)
    composed = await service.compose(batch)
    await knowledge.delete(portal, document.id)

    await service.responder._fix(composed)
    service.clock.advance(16)
    await service.respond()

    (reply,) = service.handed(portal)
    assert "700 рублей" not in reply.body
    assert "Командировки.md" not in reply.body


async def test_a_purge_of_a_portal_takes_its_passages_and_files_too(
    service: Any, knowledge: Any, app: Any
) -> None:
    portal, other = await service.portal(), await service.portal()
    await knowledge.read(portal, "Отпуска.md", knowledge.vacation)
    await knowledge.read(other, "Отпуска.md", knowledge.vacation)
    reported: list[Any] = []

    async def report(*told: Any) -> None:
        reported.append(told)

    async with knowledge.engine.begin() as conn:
        await purge.ask(conn, portal.id, portal.member_id, knowledge.clock())
    await purge.Purge(app.engine, PERSONAL, report).round()
    knowledge.clock.at += timedelta(days=3650)
    await knowledge.indexer.collect()

    assert await knowledge.passages(portal) == []
    assert knowledge.files(portal) == []
    assert not (await knowledge.ask(portal, "сколько дней отпуска")).answered
    assert len(await knowledge.passages(other)) > 0
    assert len(knowledge.files(other)) == 1
    assert reported[-1][2]["kb_documents"] == 1


async def test_a_document_deleted_while_it_is_read_stays_deleted(service: Any, knowledge: Any) -> None:
    portal = await service.portal()
    uploaded = await knowledge.upload(portal, "Отпуска.md", knowledge.vacation)
    (held,) = [one for one in await knowledge.indexer.claim(10) if one.portal_id == portal.id]
    await knowledge.delete(portal, uploaded.document.id)

    await knowledge.indexer.read(held)

    assert not (await knowledge.ask(portal, "сколько дней отпуска")).answered
    assert (await knowledge.refusal(knowledge.get(portal, uploaded.document.id))).reason == "DOCUMENT_NOT_FOUND"


async def test_a_file_that_cannot_be_read_says_why_and_harms_nothing_else(service: Any, knowledge: Any) -> None:
    portal = await service.portal()

    broken = await knowledge.read(portal, "счёт.pdf", b"%PDF-1.7\nbroken")
    good = await knowledge.read(portal, "Командировки.md", knowledge.travel)

    assert (broken.state, broken.error_code) == (FAILED, "corrupt")
    assert broken.error_ru.startswith("Файл повреждён")
    assert broken.error_en
    assert good.state == READY


async def test_a_reader_that_dies_is_replaced_and_one_that_comes_back_late_changes_nothing(
    service: Any, knowledge: Any
) -> None:
    portal = await service.portal()
    uploaded = await knowledge.upload(portal, "Отпуска.md", knowledge.vacation)
    (late,) = [one for one in await knowledge.indexer.claim(10) if one.portal_id == portal.id]
    soon = await knowledge.other_indexer.claim(10)
    knowledge.clock.advance(21)

    await knowledge.work(knowledge.other_indexer)
    await knowledge.indexer.read(late)

    assert soon == []
    assert (await knowledge.get(portal, uploaded.document.id)).state == READY
    places = await knowledge.passages(portal)
    assert len(places) == len(set(places)) > 0


async def test_a_document_at_which_readers_die_is_given_up(service: Any, knowledge: Any) -> None:
    portal = await service.portal()
    uploaded = await knowledge.upload(portal, "Отпуска.md", knowledge.vacation)
    for _ in range(3):
        await knowledge.indexer.claim(10)
        knowledge.clock.advance(21)

    await knowledge.work()

    given_up = await knowledge.get(portal, uploaded.document.id)
    assert (given_up.state, given_up.error_code) == (FAILED, "crashed")


async def test_while_it_is_read_anew_a_document_is_answered_from_as_before(service: Any, knowledge: Any) -> None:
    portal = await service.portal()
    document = await knowledge.read(portal, "Командировки.md", knowledge.travel)
    await knowledge.stub.ReindexDocument(
        pb.ReindexDocumentRequest(portal_id=str(portal.id), document_id=document.id)
    )
    waiting = (await knowledge.get(portal, document.id)).state

    meanwhile = await knowledge.ask(portal, "какие суточные в командировке")
    await knowledge.work()

    assert waiting == UPLOADED
    assert meanwhile.answered
    assert (await knowledge.get(portal, document.id)).state == READY
    assert (await knowledge.ask(portal, "какие суточные в командировке")).answered


async def test_while_the_storage_is_away_a_document_waits_for_it_and_says_so(service: Any, knowledge: Any) -> None:
    portal = await service.portal()
    uploaded = await knowledge.upload(portal, "Отпуска.md", knowledge.vacation)
    stored = knowledge.folder / str(portal.id) / uploaded.document.id
    content = stored.read_bytes()
    stored.unlink()
    stored.symlink_to(stored)  # it is there, and cannot be read
    for _ in range(5):
        await knowledge.work()
        knowledge.clock.advance(31)
    waiting = await knowledge.get(portal, uploaded.document.id)

    stored.unlink()
    stored.write_bytes(content)
    await knowledge.work()

    assert (waiting.state, waiting.error_code) == (UPLOADED, "storage_unavailable")
    ready = await knowledge.get(portal, uploaded.document.id)
    assert (ready.state, ready.error_code) == (READY, "")


async def test_a_document_whose_file_is_lost_ends_with_what_to_do(service: Any, knowledge: Any) -> None:
    portal = await service.portal()
    uploaded = await knowledge.upload(portal, "Отпуска.md", knowledge.vacation)
    (knowledge.folder / str(portal.id) / uploaded.document.id).unlink()

    for _ in range(4):
        await knowledge.work()
        knowledge.clock.advance(31)

    lost = await knowledge.get(portal, uploaded.document.id)
    assert (lost.state, lost.error_code) == (FAILED, "file_lost")
    assert "загрузите его снова" in lost.error_ru


@pytest.mark.parametrize(("limit", "value"), [("kb_documents", 1), ("kb_megabytes", 0)])
async def test_more_than_the_plan_allows_is_refused(service: Any, knowledge: Any, limit: str, value: int) -> None:
    portal = await service.portal()
    if value:
        await knowledge.upload(portal, "Отпуска.md", knowledge.vacation)
    knowledge.billing.limits = {limit: value}

    refused = await knowledge.refusal(knowledge.upload(portal, "Командировки.md", knowledge.travel))

    assert refused.reason == "KNOWLEDGE_LIMIT_REACHED"
    assert refused.detail["name"] == limit


async def test_an_empty_file_and_a_stream_without_head_are_refused(service: Any, knowledge: Any) -> None:
    portal = await service.portal()

    async def headless() -> AsyncIterator[pb.UploadDocumentRequest]:
        yield pb.UploadDocumentRequest(data=b"x")

    assert (await knowledge.refusal(knowledge.upload(portal, "пусто.txt", b""))).reason == "DOCUMENT_EMPTY"
    assert (await knowledge.refusal(knowledge.stub.UploadDocument(headless()))).reason == "INVALID_ARGUMENT"


async def test_documents_and_passages_are_listed_page_by_page(service: Any, knowledge: Any) -> None:
    portal = await service.portal()
    for number in range(3):
        await knowledge.read(portal, f"Раздел {number}.md", f"# Раздел {number}\n\n" + "Текст раздела. " * 200)
    request = pb.ListDocumentsRequest(portal_id=str(portal.id), page_size=2)
    first = await knowledge.stub.ListDocuments(request)
    request.page_token = first.next_page_token
    second = await knowledge.stub.ListDocuments(request)
    found = await knowledge.stub.ListDocuments(
        pb.ListDocumentsRequest(portal_id=str(portal.id), query="раздел 1", state=READY)
    )

    listed, token = list[Any](), ""
    while True:
        page = await knowledge.stub.ListChunks(
            pb.ListChunksRequest(
                portal_id=str(portal.id), document_id=first.documents[0].id, page_size=1, page_token=token
            )
        )
        listed += page.chunks
        if not (token := page.next_page_token):
            break

    assert [one.filename for one in [*first.documents, *second.documents]] == [
        "Раздел 2.md",
        "Раздел 1.md",
        "Раздел 0.md",
    ]
    assert [one.filename for one in found.documents] == ["Раздел 1.md"]
    assert [one.place for one in listed] == list(range(first.documents[0].chunks))
    assert first.documents[0].chunks > 1
