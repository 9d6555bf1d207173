"""The knowledge base of a portal: its administrator's documents, and what its employees find in them."""

from collections.abc import AsyncIterator
from pathlib import PurePath
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.datastructures import UploadFile

from edge import answer_rows, knowledge_rows
from edge.auth import PortalAdmin, PortalSession, PortalUser
from edge.errors import ApiError
from edge.routes.portal_app import is_allowed, portal_of
from edge.rpc import Contexts, Peers, ask
from edge.schemas import answers
from edge.schemas import knowledge as shapes
from edge.schemas.admin import Page
from edge.schemas.text import Text
from kit.pb import enum_value
from teachbase.messaging.v1 import answers_pb2
from teachbase.messaging.v1 import knowledge_pb2 as pb

router = APIRouter(tags=["knowledge"])

UPLOAD = "/v1/portal/kb/upload"
_MULTIPART = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}
_UPLOAD_TIMEOUT_S = 240.0
_ANSWER_TIMEOUT_S = 55.0
_PART = 256 * 1024
_MAX_NAME = 255


@router.post(
    UPLOAD,
    status_code=201,
    summary="Upload a document",
    openapi_extra=_MULTIPART,
    responses={200: {"model": shapes.Document, "description": "The same bytes were uploaded before"}},
)
async def upload(request: Request, response: Response, session: PortalAdmin, peers: Peers) -> shapes.Document:
    """Store a file (at most 100 MB) and have it read. 200 and the earlier document for the same bytes."""
    # Here and not as a parameter: who may not upload is refused before anything of the body is read.
    async with request.form(max_files=1, max_fields=8) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise ApiError(422, "validation_failed", "Send the file as the part `file` of a multipart form.")
        head = pb.UploadHead(
            portal_id=session.portal_id, filename=_name_of(file.filename), uploaded_by=session.user_id
        )
        found = await ask("messaging", peers.knowledge.UploadDocument, _parts(head, file), _UPLOAD_TIMEOUT_S)
    if not found.is_new:
        response.status_code = 200
    return knowledge_rows.document(found.document, language_of(request))


@router.get("/v1/portal/kb/documents", summary="Documents, newest first")
async def documents(
    request: Request,
    session: PortalAdmin,
    peers: Peers,
    state: shapes.DocumentState | None = None,
    query: Annotated[Text, Query(max_length=255)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[Text, Query(max_length=512)] = "",
) -> Page[shapes.Document]:
    """List; `query` is a part of the file's name or the title."""
    asked = pb.ListDocumentsRequest(
        portal_id=session.portal_id,
        state=enum_value(pb.DocumentState, state or ""),
        query=query,
        page_size=limit,
        page_token=cursor,
    )
    found = await ask("messaging", peers.knowledge.ListDocuments, asked)
    items = [knowledge_rows.document(one, language_of(request)) for one in found.documents]
    return Page(items=items, next_cursor=found.next_page_token or None)


@router.get("/v1/portal/kb/documents/{document_id}", summary="One document")
async def document(document_id: str, request: Request, session: PortalAdmin, peers: Peers) -> shapes.Document:
    """Return a document. 404 `document_not_found`."""
    asked = pb.GetDocumentRequest(portal_id=session.portal_id, document_id=document_id)
    found = await ask("messaging", peers.knowledge.GetDocument, asked)
    return knowledge_rows.document(found.document, language_of(request))


@router.delete("/v1/portal/kb/documents/{document_id}", status_code=204, summary="Delete a document")
async def delete(document_id: str, session: PortalAdmin, peers: Peers) -> None:
    """Take it out of the answers at once; deleting again changes nothing."""
    asked = pb.DeleteDocumentRequest(portal_id=session.portal_id, document_id=document_id)
    await ask("messaging", peers.knowledge.DeleteDocument, asked)


@router.post("/v1/portal/kb/documents/{document_id}/reindex", summary="Read a document anew")
async def reindex(document_id: str, request: Request, session: PortalAdmin, peers: Peers) -> shapes.Document:
    """Until it is read, answers come from what was read before. 404 `document_not_found`."""
    asked = pb.ReindexDocumentRequest(portal_id=session.portal_id, document_id=document_id)
    found = await ask("messaging", peers.knowledge.ReindexDocument, asked)
    return knowledge_rows.document(found.document, language_of(request))


@router.get("/v1/portal/kb/documents/{document_id}/chunks", summary="What was read of a document")
async def chunks(
    document_id: str,
    session: PortalAdmin,
    peers: Peers,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[Text, Query(max_length=512)] = "",
) -> Page[shapes.Chunk]:
    """List its passages, in their order. 404 `document_not_found`."""
    asked = pb.ListChunksRequest(
        portal_id=session.portal_id, document_id=document_id, page_size=limit, page_token=cursor
    )
    found = await ask("messaging", peers.knowledge.ListChunks, asked)
    items = [knowledge_rows.chunk(one) for one in found.chunks]
    return Page(items=items, next_cursor=found.next_page_token or None)


@router.post("/v1/portal/kb/search", summary="Find passages")
async def search(body: shapes.SearchAsked, session: PortalUser, peers: Peers) -> shapes.SearchFound:
    """Return the passages that fit best. For administrators and whoever may ask the bot."""
    await _let_ask(peers, session)
    asked = pb.SearchRequest(portal_id=session.portal_id, query=body.query, limit=body.limit)
    found = await ask("messaging", peers.knowledge.Search, asked)
    return shapes.SearchFound(items=list(map(knowledge_rows.found, found.items)))


@router.post("/v1/portal/kb/ask", summary="Ask as in the messenger")
async def ask_question(body: shapes.Asked, session: PortalUser, peers: Peers) -> shapes.Answer:
    """Answer from the documents, with the source, or say that they hold no answer."""
    await _let_ask(peers, session)
    asked = pb.AskRequest(portal_id=session.portal_id, user_id=session.user_id, question=body.question)
    return knowledge_rows.answer(await ask("messaging", peers.knowledge.Ask, asked, _ANSWER_TIMEOUT_S))


@router.get("/v1/portal/kb/settings", summary="How this portal is answered")
async def settings(session: PortalAdmin, peers: Peers) -> answers.AnswerSettingsChosen:
    """Return what was chosen here, and what counts."""
    asked = answers_pb2.GetAnswerSettingsRequest(portal_id=session.portal_id)
    return answer_rows.chosen((await ask("messaging", peers.answers.GetAnswerSettings, asked)).settings)


@router.put("/v1/portal/kb/settings", summary="Choose how this portal is answered")
async def set_settings(
    body: answers.AnswerSettingsChange, session: PortalAdmin, peers: Peers
) -> answers.AnswerSettingsChosen:
    """Replace it; felt within seconds. 409 `model_address_not_allowed` for an address the vendor did not allow."""
    asked = answer_rows.change(body, session.portal_id)
    return answer_rows.chosen((await ask("messaging", peers.answers.SetAnswerSettings, asked)).settings)


def language_of(request: Request) -> str:
    """Return in which language causes are said, ru or en."""
    return "en" if request.headers.get("accept-language", "").lower().startswith("en") else "ru"


async def _let_ask(peers: Contexts, session: PortalSession) -> None:
    if session.is_admin:
        return
    if not await is_allowed(peers, await portal_of(peers, session.portal_id), session.user_id):
        raise ApiError(403, "forbidden", "The administrator has not given you access to the bot.")


async def _parts(head: pb.UploadHead, file: UploadFile) -> AsyncIterator[pb.UploadDocumentRequest]:
    yield pb.UploadDocumentRequest(head=head)
    while data := await file.read(_PART):
        yield pb.UploadDocumentRequest(data=data)


def _name_of(filename: str | None) -> str:
    """Return a file's own name, without folders and what cannot be shown."""
    name = PurePath((filename or "").replace("\\", "/")).name
    shown = "".join(letter for letter in name if letter.isprintable()).strip()
    return shown.encode("utf-8", "replace").decode()[-_MAX_NAME:] or "document"
