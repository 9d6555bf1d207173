"""What the console shows of one portal: its people, its documents, its open questions, what it went through."""

from functools import partial
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse

from edge import answer_rows, csv_file, knowledge_rows, portal_rows
from edge.auth import admin_session
from edge.errors import ApiError
from edge.exports import Export
from edge.filters import List
from edge.routes.portal_app import portal_of
from edge.routes.portal_knowledge import language_of
from edge.rows import life_row
from edge.rpc import INSTALL_TIMEOUT_S, Contexts, Peers, ask
from edge.schemas import answers
from edge.schemas import knowledge as documents_of
from edge.schemas import portal as shapes
from edge.schemas.admin import LifeEntry, Page
from edge.schemas.text import Text
from kit.pb import enum_value
from teachbase.messaging.v1 import answers_pb2, knowledge_pb2
from teachbase.portal.v1 import portal_pb2 as pb
from teachbase.portal.v1 import settings_pb2

router = APIRouter(
    prefix="/v1/admin/portals/{portal_id}", tags=["admin portals"], dependencies=[Depends(admin_session)]
)

Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[Text, Query(max_length=512)]
_NAMED_AT_ONCE = 50
_EMPLOYEES = ("id", "name", "last_name", "position", "departments", "allowed")
_DOCUMENTS = (
    "id",
    "created_at",
    "updated_at",
    "filename",
    "title",
    "content_type",
    "size",
    "state",
    "error_code",
    "error",
    "language",
    "pages",
    "chunks",
    "uploaded_by",
)
_UNSATISFIED = ("id", "created_at", "user_id", "question", "answer", "reaction")
_LIFE = ("id", "created_at", "event", "before", "after", "trace_id")


def _asked_employees(
    portal_id: UUID,
    query: Annotated[Text, Query(max_length=255)] = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> pb.ListEmployeesRequest:
    return pb.ListEmployeesRequest(portal_id=str(portal_id), query=query, page_size=limit, page_token=cursor)


AskedEmployees = Annotated[pb.ListEmployeesRequest, Depends(_asked_employees)]
Allowed = Annotated[bool, Query(description="Only those who may talk to the bot")]


@router.get("/employees", summary="Employees, as the portal lists them now")
async def employees(peers: Peers, asked: AskedEmployees, allowed: Allowed = False) -> Page[shapes.PortalEmployee]:
    """List by last name; who was chosen and left has none. 409 and 503 where the portal is not reached."""
    return await _employees(peers, await portal_of(peers, asked.portal_id), allowed, asked)


@router.get(
    "/employees.csv",
    summary="Employees, as the portal lists them now, as a file",
    response_class=StreamingResponse,
    responses=csv_file.DESCRIBED,
)
async def employees_csv(
    peers: Peers, asked: AskedEmployees, export: Export, allowed: Allowed = False
) -> StreamingResponse:
    """Stream every employee of the filter."""
    page = partial(_employees, peers, await portal_of(peers, asked.portal_id), allowed)
    return await export.of_list("employees", _EMPLOYEES, asked, page, allowed=allowed)


@router.get("/departments", summary="Departments, as the portal lists them now")
async def departments(portal_id: UUID, peers: Peers) -> shapes.Departments:
    """Return all; 409 `departments_not_readable` where the portal does not let the app read them."""
    asked = settings_pb2.ListDepartmentsRequest(portal_id=str(portal_id))
    found = await ask("portal", peers.settings.ListDepartments, asked, INSTALL_TIMEOUT_S)
    return portal_rows.departments(found)


def _asked_documents(
    portal_id: UUID,
    listing: List,
    state: documents_of.DocumentState | None = None,
    query: Annotated[Text, Query(max_length=255)] = "",
) -> knowledge_pb2.ListDocumentsRequest:
    return knowledge_pb2.ListDocumentsRequest(
        portal_id=str(portal_id),
        state=enum_value(knowledge_pb2.DocumentState, state or ""),
        query=query,
        **listing.page(),
    )


AskedDocuments = Annotated[knowledge_pb2.ListDocumentsRequest, Depends(_asked_documents)]


@router.get("/documents", summary="Documents of a portal, newest first")
async def documents(request: Request, peers: Peers, asked: AskedDocuments) -> Page[documents_of.Document]:
    """List; why one cannot be read is said in the language of Accept-Language."""
    return await _documents(peers, language_of(request), asked)


@router.get(
    "/documents.csv",
    summary="Documents of a portal, as a file",
    response_class=StreamingResponse,
    responses=csv_file.DESCRIBED,
)
async def documents_csv(
    request: Request, peers: Peers, asked: AskedDocuments, export: Export
) -> StreamingResponse:
    """Stream every document of the filter."""
    page = partial(_documents, peers, language_of(request))
    return await export.of_list("documents", _DOCUMENTS, asked, page)


def _asked_unsatisfied(
    portal_id: UUID,
    listing: List,
    kind: Literal["unanswered", "badly_rated"] = "unanswered",
) -> answers_pb2.ListUnsatisfiedRequest:
    return answers_pb2.ListUnsatisfiedRequest(
        portal_id=str(portal_id),
        kind=enum_value(answers_pb2.UnsatisfiedKind, kind),
        **listing.page(),
    )


AskedUnsatisfied = Annotated[answers_pb2.ListUnsatisfiedRequest, Depends(_asked_unsatisfied)]


@router.get("/unsatisfied", summary="Questions of a portal that call for an answer")
async def unsatisfied(peers: Peers, asked: AskedUnsatisfied) -> Page[answers.Unsatisfied]:
    """List, newest first, as the portal's administrator sees them."""
    return await _unsatisfied(peers, asked)


@router.get(
    "/unsatisfied.csv",
    summary="Open questions, as a file",
    response_class=StreamingResponse,
    responses=csv_file.DESCRIBED,
)
async def unsatisfied_csv(peers: Peers, asked: AskedUnsatisfied, export: Export) -> StreamingResponse:
    """Stream every question of the filter."""
    return await export.of_list("unsatisfied", _UNSATISFIED, asked, partial(_unsatisfied, peers))


def _asked_life(portal_id: UUID, listing: List) -> pb.ListLifeRequest:
    return pb.ListLifeRequest(portal_id=str(portal_id), **listing.page())


AskedLife = Annotated[pb.ListLifeRequest, Depends(_asked_life)]


@router.get("/life", summary="What a portal went through, newest first")
async def life(peers: Peers, asked: AskedLife) -> Page[LifeEntry]:
    """List installs, renames, suspensions and removals, with where the portal stood before and after."""
    return await _life(peers, asked)


@router.get(
    "/life.csv",
    summary="What a portal went through, as a file",
    response_class=StreamingResponse,
    responses=csv_file.DESCRIBED,
)
async def life_csv(peers: Peers, asked: AskedLife, export: Export) -> StreamingResponse:
    """Stream every entry of the filter."""
    return await export.of_list("life", _LIFE, asked, partial(_life, peers))


async def _documents(
    peers: Contexts, language: str, asked: knowledge_pb2.ListDocumentsRequest
) -> Page[documents_of.Document]:
    found = await ask("messaging", peers.knowledge.ListDocuments, asked)
    items = [knowledge_rows.document(one, language) for one in found.documents]
    return Page(items=items, next_cursor=found.next_page_token or None)


async def _unsatisfied(peers: Contexts, asked: answers_pb2.ListUnsatisfiedRequest) -> Page[answers.Unsatisfied]:
    found = await ask("messaging", peers.answers.ListUnsatisfied, asked)
    items = [answer_rows.unsatisfied(one, asked.portal_id) for one in found.items]
    return Page(items=items, next_cursor=found.next_page_token or None)


async def _life(peers: Contexts, asked: pb.ListLifeRequest) -> Page[LifeEntry]:
    found = await ask("portal", peers.portal.ListLife, asked)
    return Page(items=list(map(life_row, found.entries)), next_cursor=found.next_page_token or None)


async def _employees(
    peers: Contexts, portal: pb.Portal, allowed: bool, asked: pb.ListEmployeesRequest
) -> Page[shapes.PortalEmployee]:
    if allowed and portal.access.mode == pb.ACCESS_MODE_LIST and not asked.query:
        return await _chosen(peers, portal, min(asked.page_size, _NAMED_AT_ONCE), asked.page_token)
    found = await ask("portal", peers.portal.ListEmployees, asked, INSTALL_TIMEOUT_S)
    items = [portal_rows.employee(one, portal) for one in found.employees]
    shown = [one for one in items if one.allowed or not allowed]
    return Page(items=shown, next_cursor=found.next_page_token or None)


async def _chosen(peers: Contexts, portal: pb.Portal, limit: int, cursor: str) -> Page[shapes.PortalEmployee]:
    """Return who was chosen by name, by id: the portal names at most 50 at once."""
    if cursor and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
        raise ApiError(400, "invalid_argument", "cursor: is not one of this list")
    begin = int(cursor or 0)
    ids = list(portal.access.user_ids)[begin : begin + limit]
    if not ids:
        return Page(items=[], next_cursor=None)
    asked = pb.ListEmployeesRequest(portal_id=portal.id, user_ids=ids)
    found = await ask("portal", peers.portal.ListEmployees, asked, INSTALL_TIMEOUT_S)
    known = {one.id: one for one in found.employees}
    items = [portal_rows.employee(known.get(one, pb.Employee(id=one)), portal) for one in ids]
    more = begin + limit < len(portal.access.user_ids)
    return Page(items=items, next_cursor=str(begin + limit) if more else None)
