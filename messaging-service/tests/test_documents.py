"""Documents: taken in once, read by a worker that may die, answered from until they are deleted."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import grpc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from kit import purge
from kit.errors import DomainError
from kit.queue import Bell
from kit.rpc import Context, channel, peer_error
from kit.server import Server
from messaging import texts
from messaging.app import PERSONAL
from messaging.clients.billing import BillingClient
from messaging.documents import Documents
from messaging.grpc_knowledge import KnowledgeServicer
from messaging.indexing import Indexer
from messaging.knowledge_base import KnowledgeBase
from messaging.repository import chunks
from messaging.storage import Storage
from teachbase.billing.v1 import billing_pb2, billing_pb2_grpc
from teachbase.messaging.v1 import knowledge_pb2 as pb
from teachbase.messaging.v1 import knowledge_pb2_grpc

READY, FAILED, UPLOADED = pb.DOCUMENT_STATE_READY, pb.DOCUMENT_STATE_FAILED, pb.DOCUMENT_STATE_UPLOADED
VACATION = """# Положение об отпусках

## Продолжительность
Ежегодный оплачиваемый отпуск составляет 28 календарных дней.

## Как оформить
Заявление подаётся в отдел кадров за две недели до начала отпуска.
"""
TRAVEL = "# Командировки\n\nСуточные по России составляют 700 рублей в день, за границей 2500 рублей."


class Limits(billing_pb2_grpc.BillingServiceServicer):
    """Says what a portal may keep."""

    def __init__(self) -> None:
        self.limits: dict[str, int] = {}

    async def GetLimits(  # noqa: N802 - the proto's name
        self, _request: billing_pb2.GetLimitsRequest, _context: Context
    ) -> billing_pb2.GetLimitsResponse:
        return billing_pb2.GetLimitsResponse(
            limits=[billing_pb2.Limit(name=name, value=value) for name, value in self.limits.items()]
        )


@dataclass
class Knowledge:
    """The knowledge of portals as the gateway and its worker use it."""

    stub: Any
    indexer: Indexer
    other_indexer: Indexer
    base: KnowledgeBase
    billing: Limits
    folder: Path
    clock: Any
    engine: Any

    async def upload(self, portal: Any, name: str, content: str | bytes) -> pb.UploadDocumentResponse:
        data = content.encode() if isinstance(content, str) else content

        async def parts() -> AsyncIterator[pb.UploadDocumentRequest]:
            head = pb.UploadHead(portal_id=str(portal.id), filename=name, uploaded_by=1)
            yield pb.UploadDocumentRequest(head=head)
            for start in range(0, len(data), 1000):
                yield pb.UploadDocumentRequest(data=data[start : start + 1000])

        answer: pb.UploadDocumentResponse = await self.stub.UploadDocument(parts())
        return answer

    async def read(self, portal: Any, name: str, content: str | bytes) -> pb.Document:
        """Upload and read."""
        uploaded = await self.upload(portal, name, content)
        await self.work()
        return await self.get(portal, uploaded.document.id)

    async def work(self, indexer: Indexer | None = None) -> None:
        indexer = indexer or self.indexer
        while held := await indexer.claim(2):
            for one in held:
                await indexer.read(one)

    async def get(self, portal: Any, document_id: str) -> pb.Document:
        request = pb.GetDocumentRequest(portal_id=str(portal.id), document_id=document_id)
        found: pb.Document = (await self.stub.GetDocument(request)).document
        return found

    async def ask(self, portal: Any, question: str) -> pb.AskResponse:
        answer: pb.AskResponse = await self.stub.Ask(pb.AskRequest(portal_id=str(portal.id), question=question))
        return answer

    async def delete(self, portal: Any, document_id: str) -> None:
        await self.stub.DeleteDocument(pb.DeleteDocumentRequest(portal_id=str(portal.id), document_id=document_id))

    def files(self, portal: Any) -> list[str]:
        return sorted(path.name for path in (self.folder / str(portal.id)).glob("*"))


@pytest.fixture
async def knowledge(app: Any, clock: Any, tmp_path: Path) -> AsyncIterator[Knowledge]:
    billing = Limits()  # type: ignore[abstract] # the rest is UNIMPLEMENTED
    neighbours, server = Server("127.0.0.1:0"), Server("127.0.0.1:0")
    neighbours.add(
        billing_pb2_grpc.add_BillingServiceServicer_to_server, billing, "teachbase.billing.v1.BillingService"
    )
    await neighbours.start()
    storage, bell = Storage(tmp_path.as_uri()), Bell("redis://127.0.0.1:1/0", "nowhere")
    base = KnowledgeBase(app.engine)
    async with channel(f"127.0.0.1:{neighbours.port}") as peer, channel(f"127.0.0.1:{server.port}") as own:
        documents = Documents(app.engine, storage, BillingClient(peer), bell, clock)
        server.add(
            knowledge_pb2_grpc.add_KnowledgeServiceServicer_to_server,
            KnowledgeServicer(documents, base, app.answering),
            "teachbase.messaging.v1.KnowledgeService",
        )
        await server.start()
        yield Knowledge(
            stub=knowledge_pb2_grpc.KnowledgeServiceStub(own),
            indexer=Indexer(app.engine, storage, clock),
            other_indexer=Indexer(app.engine, storage, clock),
            base=base,
            billing=billing,
            folder=tmp_path,
            clock=clock,
            engine=app.engine,
        )
    async with app.engine.begin() as conn:  # a claim sees every document: leave none due to the next test
        await conn.execute(text("UPDATE kb_documents SET due_at = NULL"))
    await bell.close()
    await server.stop(0)
    await neighbours.stop(0)


@dataclass
class Tenants:
    """Portals whose documents share most of their words, each with a mark of its own."""

    knowledge: Knowledge
    portals: list[Any]
    documents: dict[UUID, set[UUID]]
    mark_of: dict[UUID, str]
    words: list[str]


@pytest.fixture
async def tenants(service: Any, knowledge: Knowledge) -> Tenants:
    portals = [await service.portal() for _ in range(4)]
    marks = {portal.id: f"метка{number}" for number, portal in enumerate(portals)}
    documents: dict[UUID, set[UUID]] = {}
    for portal in portals:
        texts_of = [f"{part}\n\n{marks[portal.id]} и конец." for part in (VACATION, TRAVEL)]
        read = [await knowledge.read(portal, f"{n}.md", content) for n, content in enumerate(texts_of)]
        documents[portal.id] = {UUID(one.id) for one in read}
    words = sorted({*VACATION.split(), *TRAVEL.split(), *marks.values(), "биткоин", "jngecr"})
    return Tenants(knowledge, portals, documents, marks, words)


async def refusal(call: Any) -> DomainError | Any:
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await call
    return peer_error("messaging", failed.value)


async def test_a_document_is_read_and_answered_from_with_its_source(service: Any, knowledge: Knowledge) -> None:
    portal = await service.portal()

    document = await knowledge.read(portal, "Отпуска.md", VACATION)
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
    assert citation.quote in VACATION


async def test_the_messenger_shows_the_quote_and_its_source(
    service: Any, knowledge: Knowledge, event_of: Any
) -> None:
    portal = await service.portal()
    await knowledge.read(portal, "Командировки.md", TRAVEL)
    await service.ingest(event_of(portal, 70101, "какие суточные в командировке по россии?"))

    await service.respond()

    (reply,) = service.handed(portal)
    assert "700 рублей в день" in reply.body
    assert "[i]Источник: [b]Командировки.md[/b]" in reply.body
    [row] = await service.rows("SELECT kind, detail FROM answer_explanations WHERE portal_id = :id", id=portal.id)
    assert row.kind == "knowledge"
    assert row.detail["passages"][0]["verdict"] == "quoted"


async def test_a_question_in_the_wrong_layout_is_answered_in_the_language_that_was_meant(
    service: Any, knowledge: Knowledge, event_of: Any
) -> None:
    portal = await service.portal()
    await knowledge.read(portal, "Отпуска.md", VACATION)
    await service.ingest(event_of(portal, 70101, "rfr jajhvbnm jngecr"))

    await service.respond()

    (reply,) = service.handed(portal)
    assert "Источник: [b]Отпуска.md[/b], раздел" in reply.body


async def test_what_no_document_says_is_told_honestly_with_what_may_be_asked(
    service: Any, knowledge: Knowledge, event_of: Any
) -> None:
    portal = await service.portal()
    await knowledge.read(portal, "Отпуска.md", VACATION)
    await service.ingest(event_of(portal, 70101, "кто выиграл чемпионат мира по футболу"))

    await service.respond()

    (reply,) = service.handed(portal)
    assert reply.body.startswith(texts.NOT_FOUND["ru"])
    assert not (await knowledge.ask(portal, "курс биткоина сегодня")).answered


async def test_the_same_bytes_are_one_document_also_when_they_come_at_once(
    service: Any, knowledge: Knowledge
) -> None:
    portal, other = await service.portal(), await service.portal()

    at_once = await asyncio.gather(*(knowledge.upload(portal, f"{n}.md", VACATION) for n in range(4)))
    later = await knowledge.upload(portal, "Ещё раз.md", VACATION)
    elsewhere = await knowledge.upload(other, "Отпуска.md", VACATION)

    assert len({one.document.id for one in [*at_once, later]}) == 1
    assert [one.is_new for one in at_once].count(True) == 1
    assert not later.is_new
    assert elsewhere.is_new
    knowledge.clock.advance(3601)
    await knowledge.indexer.collect()
    assert knowledge.files(portal) == [later.document.id]  # what lost the race is taken away


async def test_a_deleted_document_is_never_quoted_again_and_its_file_goes(
    service: Any, knowledge: Knowledge
) -> None:
    portal = await service.portal()
    document = await knowledge.read(portal, "Командировки.md", TRAVEL)
    before = await knowledge.ask(portal, "какие суточные в командировке")

    await knowledge.delete(portal, document.id)
    after = await knowledge.ask(portal, "какие суточные в командировке")
    await knowledge.delete(portal, document.id)
    knowledge.clock.at += timedelta(days=3650)  # its file is due by the database's clock
    await knowledge.indexer.collect()

    assert (before.answered, after.answered) == (True, False)
    assert await passages(knowledge, portal.id) == []
    assert knowledge.files(portal) == []
    assert (await refusal(knowledge.get(portal, document.id))).reason == "DOCUMENT_NOT_FOUND"


async def test_a_purge_of_a_portal_takes_its_passages_and_files_too(
    service: Any, knowledge: Knowledge, app: Any
) -> None:
    portal, other = await service.portal(), await service.portal()
    await knowledge.read(portal, "Отпуска.md", VACATION)
    await knowledge.read(other, "Отпуска.md", VACATION)
    reported: list[Any] = []

    async def report(*told: Any) -> None:
        reported.append(told)

    async with knowledge.engine.begin() as conn:
        await purge.ask(conn, portal.id, portal.member_id, knowledge.clock())
    await purge.Purge(app.engine, PERSONAL, report).round()
    knowledge.clock.at += timedelta(days=3650)
    await knowledge.indexer.collect()

    assert await passages(knowledge, portal.id) == []
    assert knowledge.files(portal) == []
    assert not (await knowledge.ask(portal, "сколько дней отпуска")).answered
    assert len(await passages(knowledge, other.id)) > 0
    assert len(knowledge.files(other)) == 1
    assert reported[-1][2]["kb_documents"] == 1


async def test_a_document_deleted_while_it_is_read_stays_deleted(service: Any, knowledge: Knowledge) -> None:
    portal = await service.portal()
    uploaded = await knowledge.upload(portal, "Отпуска.md", VACATION)
    (held,) = [one for one in await knowledge.indexer.claim(10) if one.portal_id == portal.id]
    await knowledge.delete(portal, uploaded.document.id)

    await knowledge.indexer.read(held)

    assert not (await knowledge.ask(portal, "сколько дней отпуска")).answered
    assert (await refusal(knowledge.get(portal, uploaded.document.id))).reason == "DOCUMENT_NOT_FOUND"


async def test_a_file_that_cannot_be_read_says_why_and_harms_nothing_else(
    service: Any, knowledge: Knowledge
) -> None:
    portal = await service.portal()

    broken = await knowledge.read(portal, "счёт.pdf", b"%PDF-1.7\nbroken")
    good = await knowledge.read(portal, "Командировки.md", TRAVEL)

    assert (broken.state, broken.error_code) == (FAILED, "corrupt")
    assert broken.error_ru.startswith("Файл повреждён")
    assert broken.error_en
    assert good.state == READY


async def test_a_reader_that_dies_is_replaced_and_one_that_comes_back_late_changes_nothing(
    service: Any, knowledge: Knowledge
) -> None:
    portal = await service.portal()
    uploaded = await knowledge.upload(portal, "Отпуска.md", VACATION)
    (late,) = [one for one in await knowledge.indexer.claim(10) if one.portal_id == portal.id]
    soon = await knowledge.other_indexer.claim(10)
    knowledge.clock.advance(21)

    await knowledge.work(knowledge.other_indexer)
    await knowledge.indexer.read(late)

    assert soon == []
    assert (await knowledge.get(portal, uploaded.document.id)).state == READY
    places = await passages(knowledge, portal.id)
    assert len(places) == len(set(places)) > 0


async def test_a_document_at_which_readers_die_is_given_up(service: Any, knowledge: Knowledge) -> None:
    portal = await service.portal()
    uploaded = await knowledge.upload(portal, "Отпуска.md", VACATION)
    for _ in range(3):
        await knowledge.indexer.claim(10)
        knowledge.clock.advance(21)

    await knowledge.work()

    given_up = await knowledge.get(portal, uploaded.document.id)
    assert (given_up.state, given_up.error_code) == (FAILED, "crashed")


async def test_while_it_is_read_anew_a_document_is_answered_from_as_before(
    service: Any, knowledge: Knowledge
) -> None:
    portal = await service.portal()
    document = await knowledge.read(portal, "Командировки.md", TRAVEL)
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


async def test_while_the_storage_is_away_a_document_waits_for_it_and_says_so(
    service: Any, knowledge: Knowledge
) -> None:
    portal = await service.portal()
    uploaded = await knowledge.upload(portal, "Отпуска.md", VACATION)
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


async def test_a_document_whose_file_is_lost_ends_with_what_to_do(service: Any, knowledge: Knowledge) -> None:
    portal = await service.portal()
    uploaded = await knowledge.upload(portal, "Отпуска.md", VACATION)
    (knowledge.folder / str(portal.id) / uploaded.document.id).unlink()

    for _ in range(4):
        await knowledge.work()
        knowledge.clock.advance(31)

    lost = await knowledge.get(portal, uploaded.document.id)
    assert (lost.state, lost.error_code) == (FAILED, "file_lost")
    assert "загрузите его снова" in lost.error_ru


@pytest.mark.parametrize(("limit", "value"), [("kb_documents", 1), ("kb_megabytes", 0)])
async def test_more_than_the_plan_allows_is_refused(
    service: Any, knowledge: Knowledge, limit: str, value: int
) -> None:
    portal = await service.portal()
    if value:
        await knowledge.upload(portal, "Отпуска.md", VACATION)
    knowledge.billing.limits = {limit: value}

    refused = await refusal(knowledge.upload(portal, "Командировки.md", TRAVEL))

    assert refused.reason == "KNOWLEDGE_LIMIT_REACHED"
    assert refused.detail["name"] == limit


async def test_an_empty_file_and_a_stream_without_head_are_refused(service: Any, knowledge: Knowledge) -> None:
    portal = await service.portal()

    async def headless() -> AsyncIterator[pb.UploadDocumentRequest]:
        yield pb.UploadDocumentRequest(data=b"x")

    assert (await refusal(knowledge.upload(portal, "пусто.txt", b""))).reason == "DOCUMENT_EMPTY"
    assert (await refusal(knowledge.stub.UploadDocument(headless()))).reason == "INVALID_ARGUMENT"


async def test_documents_and_passages_are_listed_page_by_page(service: Any, knowledge: Knowledge) -> None:
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


async def test_no_statement_sees_passages_of_a_portal_that_it_did_not_name(
    service: Any, knowledge: Knowledge
) -> None:
    portal, other = await service.portal(), await service.portal()
    await knowledge.read(portal, "Отпуска.md", VACATION)
    await knowledge.read(other, "Командировки.md", TRAVEL)

    async with knowledge.engine.begin() as conn:
        nobodys = (await conn.execute(text("SELECT portal_id FROM kb_chunks"))).all()
        await chunks.enter(conn, portal.id)
        seen = (await conn.execute(text("SELECT portal_id FROM kb_chunks"))).all()
        changed = (await conn.execute(text("UPDATE kb_chunks SET body = ''"))).rowcount
        await conn.rollback()

    assert nobodys == []
    assert {row.portal_id for row in seen} == {portal.id}
    assert changed == len(seen)


async def passages(knowledge: Knowledge, portal_id: UUID) -> list[tuple[str, int]]:
    async with knowledge.engine.begin() as conn:
        await chunks.enter(conn, portal_id)
        rows = await conn.execute(text("SELECT document_id, place FROM kb_chunks"))
        return [(str(row.document_id), row.place) for row in rows]


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
async def test_no_question_of_one_portal_finds_anything_of_another(tenants: Tenants, data: st.DataObject) -> None:
    """Whatever is asked: words of the portal's own documents, of another's, or of nobody's."""
    asking = data.draw(st.sampled_from(tenants.portals))
    words = data.draw(st.lists(st.sampled_from(tenants.words), min_size=1, max_size=8))

    found = await tenants.knowledge.base.search(asking.id, " ".join(words), 50) or []

    assert {one.passage.document_id for one in found} <= tenants.documents[asking.id]
    assert all(tenants.mark_of[asking.id] in one.passage.text for one in found)
