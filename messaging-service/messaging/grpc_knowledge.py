"""The servicer of KnowledgeService: message -> use case -> message."""

import hashlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

from kit import paging
from kit.errors import InvalidArgument
from kit.pb import enum_name, enum_value, moment, to_datetime
from kit.rpc import Context
from messaging import texts, wording
from messaging.asking import Asking
from messaging.documents import MB, Documents
from messaging.domain import DEFAULT_LANGUAGE
from messaging.errors import DocumentEmpty, DocumentTooLarge
from messaging.knowledge.answer import Kind
from messaging.knowledge.document import Document, StoredPassage, Upload
from messaging.knowledge_base import KnowledgeBase
from teachbase.messaging.v1 import knowledge_pb2 as pb
from teachbase.messaging.v1 import knowledge_pb2_grpc

MAX_MB = 100


class KnowledgeServicer(knowledge_pb2_grpc.KnowledgeServiceServicer):
    """Speaks for the knowledge of portals."""

    def __init__(self, documents: Documents, knowledge: KnowledgeBase, asking: Asking) -> None:
        self._documents = documents
        self._knowledge = knowledge
        self._asking = asking

    async def UploadDocument(
        self, requests: AsyncIterator[pb.UploadDocumentRequest], context: Context
    ) -> pb.UploadDocumentResponse:
        with tempfile.TemporaryDirectory(prefix="tb-upload-") as folder:
            path = Path(folder) / "file"
            document, is_new = await self._documents.upload(await _received(requests, path), path)
        return pb.UploadDocumentResponse(document=_document(document), is_new=is_new)

    async def ListDocuments(self, request: pb.ListDocumentsRequest, context: Context) -> pb.ListDocumentsResponse:
        found, token = await self._documents.page(
            UUID(request.portal_id),
            enum_name(pb.DocumentState, request.state),
            request.query,
            to_datetime(request, "since"),
            to_datetime(request, "until"),
            request.page_token,
            paging.size_of(request.page_size),
        )
        return pb.ListDocumentsResponse(documents=map(_document, found), next_page_token=token)

    async def GetDocument(self, request: pb.GetDocumentRequest, context: Context) -> pb.GetDocumentResponse:
        found = await self._documents.get(UUID(request.portal_id), UUID(request.document_id))
        return pb.GetDocumentResponse(document=_document(found))

    async def DeleteDocument(
        self, request: pb.DeleteDocumentRequest, context: Context
    ) -> pb.DeleteDocumentResponse:
        await self._documents.delete(UUID(request.portal_id), UUID(request.document_id))
        return pb.DeleteDocumentResponse()

    async def ReindexDocument(
        self, request: pb.ReindexDocumentRequest, context: Context
    ) -> pb.ReindexDocumentResponse:
        found = await self._documents.reindex(UUID(request.portal_id), UUID(request.document_id))
        return pb.ReindexDocumentResponse(document=_document(found))

    async def ListChunks(self, request: pb.ListChunksRequest, context: Context) -> pb.ListChunksResponse:
        found, token = await self._documents.chunks(
            UUID(request.portal_id),
            UUID(request.document_id),
            request.page_token,
            paging.size_of(request.page_size),
        )
        return pb.ListChunksResponse(chunks=map(_chunk, found), next_page_token=token)

    async def Search(self, request: pb.SearchRequest, context: Context) -> pb.SearchResponse:
        portal_id = UUID(request.portal_id)
        version = (await self._knowledge.versions([portal_id])).get(portal_id)
        found = (
            await self._knowledge.search(portal_id, version, request.query, request.limit or 10) if version else ()
        )
        return pb.SearchResponse(
            items=[
                pb.Found(
                    document_id=str(one.passage.document_id),
                    filename=one.passage.filename,
                    title=one.passage.title,
                    text=one.passage.text,
                    score=one.score,
                    coverage=one.coverage,
                    similarity=one.similarity,
                    location=_location(one.passage),
                )
                for one in found or ()
            ]
        )

    async def Ask(self, request: pb.AskRequest, context: Context) -> pb.AskResponse:
        answer = await self._asking.ask(UUID(request.portal_id), request.question)
        return pb.AskResponse(
            answer=wording.plain(answer, texts.language_of(answer.wording or request.question, DEFAULT_LANGUAGE)),
            citations=[
                pb.Citation(
                    document_id=str(one.passage.document_id),
                    filename=one.passage.filename,
                    quote=one.quote,
                    location=pb.Location(
                        heading=one.path,
                        page=one.page,
                        starts=one.passage.starts + one.passage.text.find(one.quote),
                        ends=one.passage.starts + one.passage.text.find(one.quote) + len(one.quote),
                    ),
                )
                for one in answer.citations
            ],
            answered=answer.kind in {Kind.KNOWLEDGE, Kind.CURATED},
        )


async def _received(requests: AsyncIterator[pb.UploadDocumentRequest], path: Path) -> Upload:
    """Write what comes to a file. Raises InvalidArgument, DocumentEmpty, DocumentTooLarge."""
    head: pb.UploadHead | None = None
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as file:
        async for request in requests:
            if (request.WhichOneof("part") == "head") != (head is None):
                raise InvalidArgument(field="part", problem="the head comes first, and once")
            if head is None:
                head = request.head
                continue
            size += len(request.data)
            if size > MAX_MB * MB:
                raise DocumentTooLarge(filename=head.filename, limit_mb=MAX_MB)
            digest.update(request.data)
            file.write(request.data)
    if head is None:
        raise InvalidArgument(field="part", problem="the head is missing")
    if not size:
        raise DocumentEmpty(filename=head.filename)
    return Upload(UUID(head.portal_id), head.filename, head.uploaded_by, size, digest.digest())


def _document(value: Document) -> pb.Document:
    return pb.Document(
        id=str(value.id),
        portal_id=str(value.portal_id),
        filename=value.filename,
        content_type=value.content_type,
        size=value.size,
        sha256=value.sha256.hex(),
        state=enum_value(pb.DocumentState, value.state),
        progress=value.progress,
        error_code=value.error_code,
        error_ru=value.error_ru,
        error_en=value.error_en,
        title=value.title,
        language=value.language,
        pages=value.pages,
        chunks=value.chunks,
        is_truncated=value.is_truncated,
        uploaded_by=value.uploaded_by,
        is_embedding_due=value.is_embedding_due,
        embedding_error=value.embedding_error,
        created_at=moment(value.created_at),
        updated_at=moment(value.updated_at),
    )


def _chunk(value: StoredPassage) -> pb.Chunk:
    return pb.Chunk(
        place=value.place,
        heading=value.path,
        page=value.page,
        starts=value.starts,
        ends=value.ends,
        body=value.text,
    )


def _location(value: StoredPassage) -> pb.Location:
    return pb.Location(heading=value.path, page=value.page, starts=value.starts, ends=value.ends)
