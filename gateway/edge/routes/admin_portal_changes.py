"""Portals made known, changed and deleted by the vendor's staff."""

from uuid import UUID

from fastapi import APIRouter, Request

from edge.auth import Operator
from edge.routes.admin_portals import actor, row
from edge.rpc import INSTALL_TIMEOUT_S, Peers, ask
from edge.schemas.admin import Portal, PortalChange, PortalCreate
from kit.pb import enum_value
from teachbase.portal.v1 import portal_pb2 as pb
from teachbase.portal.v1 import service_pb2, settings_pb2

router = APIRouter(prefix="/v1/admin/portals", tags=["admin portals"])


@router.post("", status_code=201, summary="Make a portal known before its install")
async def create(body: PortalCreate, request: Request, admin: Operator, peers: Peers) -> Portal:
    """Store it as `installing`; 409 `portal_exists` for a member_id that is known. Audited."""
    asked = service_pb2.CreatePortalRequest(
        member_id=body.member_id, domain=body.domain, actor=actor(request, admin)
    )
    return await row(peers, (await ask("portal", peers.portal.CreatePortal, asked)).portal)


@router.patch("/{portal_id}", summary="Change a portal's settings or who may talk to its bot")
async def change(portal_id: UUID, body: PortalChange, request: Request, admin: Operator, peers: Peers) -> Portal:
    """Change what is given; the rest stays. 409 `fetch_needs_bots_v2`. Audited."""
    found = (await ask("portal", peers.portal.GetPortal, pb.GetPortalRequest(portal_id=str(portal_id)))).portal
    if body.language or body.event_mode:
        wanted = pb.PortalSettings(
            language=body.language or "", event_mode=enum_value(pb.EventMode, body.event_mode or "")
        )
        settings = settings_pb2.SetSettingsRequest(
            portal_id=found.id, settings=wanted, actor=actor(request, admin)
        )
        found = (await ask("portal", peers.settings.SetSettings, settings, INSTALL_TIMEOUT_S)).portal
    if body.access:
        access = pb.Access(
            mode=enum_value(pb.AccessMode, body.access.mode),
            user_ids=sorted(set(body.access.user_ids)),
            department_ids=sorted(set(body.access.department_ids)),
        )
        saving = pb.SetAccessRequest(portal_id=found.id, access=access, actor=actor(request, admin))
        found = (await ask("portal", peers.portal.SetAccess, saving, INSTALL_TIMEOUT_S)).portal
    return await row(peers, found)


@router.delete("/{portal_id}", status_code=202, summary="Delete a portal and what is known of its people")
async def delete(portal_id: UUID, request: Request, admin: Operator, peers: Peers) -> Portal:
    """Take the bot away, forget the credentials, and have every service purge. Audited; safe to repeat."""
    asked = service_pb2.DeletePortalRequest(portal_id=str(portal_id), actor=actor(request, admin))
    found = await ask("portal", peers.portal.DeletePortal, asked, INSTALL_TIMEOUT_S)
    return await row(peers, found.portal)
