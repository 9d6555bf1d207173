"""Accounts of the vendor's staff; owners alone see and change them."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from edge import csv_file
from edge.auth import AdminSession, Owner, owner_session
from edge.exports import Export
from edge.filters import List
from edge.rows import admin_row
from edge.rpc import Contexts, Peers, ask
from edge.schemas.admin import AccountChange, AdminAccount, NewAccount, Page
from edge.schemas.text import Text
from edge.source import remote_ip
from edge.staff import Staff
from teachbase.portal.v1 import admin_pb2 as pb
from teachbase.portal.v1 import portal_pb2

router = APIRouter(prefix="/v1/admin/users", tags=["admin users"], dependencies=[Depends(owner_session)])


_COLUMNS = ("id", "created_at", "email", "role", "must_change_password", "disabled")


def _asked(listing: List, query: Annotated[Text, Query(max_length=254)] = "") -> pb.ListAdminsRequest:
    return pb.ListAdminsRequest(query=query, **listing.page())


Asked = Annotated[pb.ListAdminsRequest, Depends(_asked)]


@router.get("", summary="Accounts, newest first")
async def users(peers: Peers, asked: Asked) -> Page[AdminAccount]:
    """Search by part of an address."""
    return await _page(peers, asked)


@router.get(".csv", summary="Accounts, as a file", response_class=StreamingResponse, responses=csv_file.DESCRIBED)
async def users_csv(peers: Peers, asked: Asked, export: Export) -> StreamingResponse:
    """Stream every account of the filter."""
    return await export.of_list("users", _COLUMNS, asked, partial(_page, peers))


@router.post("", status_code=201, summary="Create an account")
async def create_user(body: NewAccount, request: Request, owner: Owner, peers: Peers) -> AdminAccount:
    """Create an account. Its holder must change the password. Audited."""
    asked = pb.CreateAdminRequest(
        email=body.email, role=body.role, password=body.password, actor=_actor(request, owner)
    )
    return admin_row((await ask("portal", peers.admin.CreateAdmin, asked)).admin)


@router.get("/{user_id}", summary="One account")
async def user(user_id: UUID, peers: Peers) -> AdminAccount:
    """Return an account."""
    found = await ask("portal", peers.admin.GetAdmin, pb.GetAdminRequest(admin_id=str(user_id)))
    return admin_row(found.admin)


@router.patch("/{user_id}", summary="Change an account")
async def change_user(
    user_id: UUID, body: AccountChange, request: Request, owner: Owner, peers: Peers
) -> AdminAccount:
    """Change what is named. A new password or `disabled` ends its sessions. Audited."""
    asked = pb.UpdateAdminRequest(
        admin_id=str(user_id),
        role=body.role,
        password=body.password,
        disabled=body.disabled,
        actor=_actor(request, owner),
    )
    changed = (await ask("portal", peers.admin.UpdateAdmin, asked)).admin
    _forget(request, user_id)
    return admin_row(changed)


@router.delete("/{user_id}", status_code=204, summary="Remove an account")
async def remove_user(user_id: UUID, request: Request, owner: Owner, peers: Peers) -> Response:
    """Remove an account with its sessions. Audited."""
    asked = pb.DeleteAdminRequest(admin_id=str(user_id), actor=_actor(request, owner))
    await ask("portal", peers.admin.DeleteAdmin, asked)
    _forget(request, user_id)
    return Response(status_code=204)


async def _page(peers: Contexts, asked: pb.ListAdminsRequest) -> Page[AdminAccount]:
    found = await ask("portal", peers.admin.ListAdmins, asked)
    return Page(items=list(map(admin_row, found.admins)), next_cursor=found.next_page_token or None)


def _actor(request: Request, admin: AdminSession) -> portal_pb2.Actor:
    return portal_pb2.Actor(admin_id=admin.admin_id, remote_ip=remote_ip(request))


def _forget(request: Request, user_id: UUID) -> None:
    staff: Staff = request.app.state.staff
    staff.forget(str(user_id))
