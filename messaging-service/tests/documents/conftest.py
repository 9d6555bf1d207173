"""The knowledge of portals, with real files and a real worker."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from sqlalchemy import text

from kit.errors import DomainError
from kit.queue import Bell
from kit.rpc import channel, peer_error
from kit.server import Server
from messaging.asking import Asking
from messaging.clients.billing import BillingClient
from messaging.documents import Documents
from messaging.grpc_knowledge import KnowledgeServicer
from messaging.indexing import Indexer
from messaging.knowledge_base import KnowledgeBase
from messaging.repository import chunks
from messaging.storage import Storage
from teachbase.billing.v1 import billing_pb2_grpc
from teachbase.messaging.v1 import knowledge_pb2 as pb
from teachbase.messaging.v1 import knowledge_pb2_grpc
from tests.fake_billing import FakeBilling

VACATION = """# Положение об отпусках

## Продолжительность
Ежегодный оплачиваемый отпуск составляет 28 календарных дней.

## Как оформить
Заявление подаётся в отдел кадров за две недели до начала отпуска.
"""
TRAVEL = "# Командировки\n\nСуточные по России составляют 700 рублей в день, за границей 2500 рублей."


@dataclass
class Knowledge:
    """The knowledge of portals as the gateway and its worker use it."""

    stub: Any
    indexer: Indexer
    other_indexer: Indexer
    base: KnowledgeBase
    billing: FakeBilling
    folder: Path
    clock: Any
    engine: Any
    vacation: str = VACATION
    travel: str = TRAVEL

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

    async def passages(self, portal: Any) -> list[tuple[str, int]]:
        """The document and the place of every passage."""
        async with self.engine.begin() as conn:
            await chunks.enter(conn, portal.id)
            rows = await conn.execute(text("SELECT document_id, place FROM kb_chunks"))
            return [(str(row.document_id), row.place) for row in rows]

    async def refusal(self, call: Any) -> DomainError | Any:
        """What a call is refused with."""
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await call
        return peer_error("messaging", failed.value)

    def files(self, portal: Any) -> list[str]:
        return sorted(path.name for path in (self.folder / str(portal.id)).glob("*"))


@pytest.fixture
async def knowledge(app: Any, clock: Any, tmp_path: Path) -> AsyncIterator[Knowledge]:
    billing = FakeBilling(clock)  # type: ignore[abstract] # the rest is UNIMPLEMENTED
    neighbours, server = Server("127.0.0.1:0"), Server("127.0.0.1:0")
    neighbours.add(
        billing_pb2_grpc.add_BillingServiceServicer_to_server, billing, "teachbase.billing.v1.BillingService"
    )
    await neighbours.start()
    storage, bell = Storage(tmp_path.as_uri()), Bell("redis://127.0.0.1:1/0", "nowhere")
    base = app.knowledge
    async with channel(f"127.0.0.1:{neighbours.port}") as peer, channel(f"127.0.0.1:{server.port}") as own:
        documents = Documents(app.engine, storage, BillingClient(peer), bell, clock)
        server.add(
            knowledge_pb2_grpc.add_KnowledgeServiceServicer_to_server,
            KnowledgeServicer(documents, app.knowledge, Asking(app.answering, BillingClient(peer))),
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
        await conn.execute(text("UPDATE kb_documents SET due_at = NULL, embedding_due_at = NULL"))
    await bell.close()
    await server.stop(0)
    await neighbours.stop(0)
