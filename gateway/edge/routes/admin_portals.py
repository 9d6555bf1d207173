"""Portals, as the console lists them."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse

from edge import csv_file
from edge.auth import AdminSession, Operator, admin_session
from edge.exports import Export
from edge.filters import List, word
from edge.rows import at, portal_row, portal_totals
from edge.rpc import INSTALL_TIMEOUT_S, Contexts, Peers, ask
from edge.schemas.admin import AuthorizationLink, Portal, Portals, Suspension
from edge.schemas.text import Text
from edge.source import remote_ip
from teachbase.billing.v1 import billing_pb2 as billing
from teachbase.portal.v1 import install_pb2, service_pb2
from teachbase.portal.v1 import portal_pb2 as pb

router = APIRouter(prefix="/v1/admin/portals", tags=["admin portals"], dependencies=[Depends(admin_session)])


_COLUMNS = (
    "id",
    "created_at",
    "domain",
    "member_id",
    "status",
    "health",
    "health_cause",
    "plan",
    "bot.id",
    "bot.status",
    "bot.error_code",
    "bot.api",
    "access.mode",
    "settings.language",
    "settings.event_mode",
    "suspended_reason",
    "installed_at",
    "last_proven_alive_at",
)


def _asked(
    listing: List,
    query: Annotated[Text, Query(max_length=255)] = "",
    status: str = "",
    health: str = "",
) -> pb.ListPortalsRequest:
    return pb.ListPortalsRequest(
        query=query,
        state=word(pb.PortalState, "status", status),
        health=word(pb.PortalHealth, "health", health),
        **listing.page(),
    )


Asked = Annotated[pb.ListPortalsRequest, Depends(_asked)]


@router.get("", summary="Portals, newest first")
async def portals(peers: Peers, asked: Asked) -> Portals:
    """Search by part of a domain, by member_id or id; filter by status and health."""
    return await _page(peers, asked)


@router.get(".csv", summary="Portals, as a file", response_class=StreamingResponse, responses=csv_file.DESCRIBED)
async def portals_csv(peers: Peers, asked: Asked, export: Export) -> StreamingResponse:
    """Stream every portal of the filter."""
    return await export.of_list("portals", _COLUMNS, asked, partial(_page, peers))


@router.get("/{portal_id}", summary="One portal")
async def portal(portal_id: UUID, peers: Peers) -> Portal:
    """Return a portal."""
    found = await ask("portal", peers.portal.GetPortal, pb.GetPortalRequest(portal_id=str(portal_id)))
    return await row(peers, found.portal)


@router.post("/{portal_id}/suspend", summary="Stop serving a portal")
async def suspend(portal_id: UUID, body: Suspension, request: Request, admin: Operator, peers: Peers) -> Portal:
    """Store its messages and answer none; its administrator sees why. Audited."""
    asked = service_pb2.SuspendPortalRequest(
        portal_id=str(portal_id), reason=body.reason, actor=actor(request, admin)
    )
    found = await ask("portal", peers.portal.SuspendPortal, asked)
    return await row(peers, found.portal)


@router.post("/{portal_id}/resume", summary="Serve a suspended portal again")
async def resume(portal_id: UUID, request: Request, admin: Operator, peers: Peers) -> Portal:
    """Put it back to where it stood before. Audited."""
    asked = service_pb2.ResumePortalRequest(portal_id=str(portal_id), actor=actor(request, admin))
    return await row(peers, (await ask("portal", peers.portal.ResumePortal, asked)).portal)


@router.post("/{portal_id}/setup", summary="Do again what the install does on the portal")
async def setup(portal_id: UUID, request: Request, admin: Operator, peers: Peers) -> Portal:
    """Register the bot or bring it up to date, with its commands and events. Audited; safe to repeat."""
    asked = service_pb2.SetUpPortalRequest(portal_id=str(portal_id), actor=actor(request, admin))
    found = await ask("portal", peers.portal.SetUpPortal, asked, INSTALL_TIMEOUT_S)
    return await row(peers, found.portal)


@router.post("/{portal_id}/authorize", summary="A link by which the portal's administrator renews our access")
async def authorize(portal_id: UUID, request: Request, admin: Operator, peers: Peers) -> AuthorizationLink:
    """Make a link to send to the portal's administrator, where its credential is dead. Audited."""
    asked = install_pb2.BeginAuthorizationRequest(portal_id=str(portal_id), actor=actor(request, admin))
    begun = await ask("portal", peers.portal.BeginAuthorization, asked)
    return AuthorizationLink(url=begun.url, expires_at=at(begun, "expires_at"))


def actor(request: Request, admin: AdminSession) -> pb.Actor:
    """Return who does it, for the audit log."""
    return pb.Actor(admin_id=admin.admin_id, remote_ip=remote_ip(request))


async def row(peers: Contexts, portal: pb.Portal) -> Portal:
    """Return a portal's row with its plan."""
    return portal_row(portal, (await _plans(peers, [portal.id]))[portal.id])


async def _page(peers: Contexts, asked: pb.ListPortalsRequest) -> Portals:
    found = await ask("portal", peers.portal.ListPortals, asked)
    plans = await _plans(peers, [portal.id for portal in found.portals])
    return Portals(
        items=[portal_row(portal, plans[portal.id]) for portal in found.portals],
        next_cursor=found.next_page_token or None,
        totals=None if asked.page_token else portal_totals(found.totals),
    )


async def _plans(peers: Contexts, portal_ids: list[str]) -> dict[str, str]:
    if not portal_ids:
        return {}
    request = billing.ListPortalPlansRequest(portal_ids=portal_ids)
    found = await ask("billing", peers.billing.ListPortalPlans, request)
    return dict.fromkeys(portal_ids, found.default_plan_code) | {
        plan.portal_id: plan.plan_code for plan in found.plans
    }
