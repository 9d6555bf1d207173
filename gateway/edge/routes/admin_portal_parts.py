"""What the console shows of one portal: its people, its documents, its open questions, what it went through."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from edge import answer_rows, knowledge_rows, portal_rows
from edge.auth import admin_session
from edge.errors import ApiError
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


@router.get("/employees", summary="Employees, as the portal lists them now")
async def employees(
    portal_id: UUID,
    peers: Peers,
    query: Annotated[Text, Query(max_length=255)] = "",
    allowed: Annotated[bool, Query(description="Only those who may talk to the bot")] = False,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Page[shapes.PortalEmployee]:
    """List by last name; who was chosen and left has none. 409 and 503 where the portal is not reached."""
    portal = await portal_of(peers, str(portal_id))
    if allowed and portal.access.mode == pb.ACCESS_MODE_LIST and not query:
        return await _chosen(peers, portal, min(limit, _NAMED_AT_ONCE), cursor)
    asked = pb.ListEmployeesRequest(portal_id=portal.id, query=query, page_size=limit, page_token=cursor)
    found = await ask("portal", peers.portal.ListEmployees, asked, INSTALL_TIMEOUT_S)
    items = [portal_rows.employee(one, portal) for one in found.employees]
    shown = [one for one in items if one.allowed or not allowed]
    return Page(items=shown, next_cursor=found.next_page_token or None)


@router.get("/departments", summary="Departments, as the portal lists them now")
async def departments(portal_id: UUID, peers: Peers) -> shapes.Departments:
    """Return all; 409 `departments_not_readable` where the portal does not let the app read them."""
    asked = settings_pb2.ListDepartmentsRequest(portal_id=str(portal_id))
    found = await ask("portal", peers.settings.ListDepartments, asked, INSTALL_TIMEOUT_S)
    return portal_rows.departments(found)


@router.get("/documents", summary="Documents of a portal, newest first")
async def documents(
    portal_id: UUID,
    request: Request,
    peers: Peers,
    listing: List,
    state: documents_of.DocumentState | None = None,
    query: Annotated[Text, Query(max_length=255)] = "",
) -> Page[documents_of.Document]:
    """List; why one cannot be read is said in the language of Accept-Language."""
    asked = knowledge_pb2.ListDocumentsRequest(
        portal_id=str(portal_id),
        state=enum_value(knowledge_pb2.DocumentState, state or ""),
        query=query,
        **listing.page(),
    )
    found = await ask("messaging", peers.knowledge.ListDocuments, asked)
    items = [knowledge_rows.document(one, language_of(request)) for one in found.documents]
    return Page(items=items, next_cursor=found.next_page_token or None)


@router.get("/unsatisfied", summary="Questions of a portal that call for an answer")
async def unsatisfied(
    portal_id: UUID,
    peers: Peers,
    listing: List,
    kind: Literal["unanswered", "badly_rated"] = "unanswered",
) -> Page[answers.Unsatisfied]:
    """List, newest first, as the portal's administrator sees them."""
    asked = answers_pb2.ListUnsatisfiedRequest(
        portal_id=str(portal_id),
        kind=enum_value(answers_pb2.UnsatisfiedKind, kind),
        **listing.page(),
    )
    found = await ask("messaging", peers.answers.ListUnsatisfied, asked)
    items = [answer_rows.unsatisfied(one, str(portal_id)) for one in found.items]
    return Page(items=items, next_cursor=found.next_page_token or None)


@router.get("/life", summary="What a portal went through, newest first")
async def life(portal_id: UUID, peers: Peers, listing: List) -> Page[LifeEntry]:
    """List installs, renames, suspensions and removals, with where the portal stood before and after."""
    asked = pb.ListLifeRequest(portal_id=str(portal_id), **listing.page())
    found = await ask("portal", peers.portal.ListLife, asked)
    return Page(items=list(map(life_row, found.entries)), next_cursor=found.next_page_token or None)


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
