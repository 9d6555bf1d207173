"""Portals, as the console lists them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from edge.auth import admin_session
from edge.filters import List, word
from edge.rows import portal_row
from edge.rpc import Contexts, Peers, ask
from edge.schemas.admin import Page, Portal
from edge.schemas.text import Text
from teachbase.billing.v1 import billing_pb2 as billing
from teachbase.portal.v1 import portal_pb2 as pb

router = APIRouter(prefix="/v1/admin/portals", tags=["admin portals"], dependencies=[Depends(admin_session)])


@router.get("", summary="Portals, newest first")
async def portals(
    peers: Peers, listing: List, query: Annotated[Text, Query(max_length=255)] = "", status: str = ""
) -> Page[Portal]:
    """Search by part of a domain, by member_id or id; filter by status."""
    request = pb.ListPortalsRequest(query=query, state=word(pb.PortalState, "status", status), **listing.page())
    found = await ask("portal", peers.portal.ListPortals, request)
    plans = await _plans(peers, [portal.id for portal in found.portals])
    items = [portal_row(portal, plans[portal.id]) for portal in found.portals]
    return Page(items=items, next_cursor=found.next_page_token or None)


@router.get("/{portal_id}", summary="One portal")
async def portal(portal_id: UUID, peers: Peers) -> Portal:
    """Return a portal."""
    found = await ask("portal", peers.portal.GetPortal, pb.GetPortalRequest(portal_id=str(portal_id)))
    plans = await _plans(peers, [found.portal.id])
    return portal_row(found.portal, plans[found.portal.id])


async def _plans(peers: Contexts, portal_ids: list[str]) -> dict[str, str]:
    if not portal_ids:
        return {}
    request = billing.ListPortalPlansRequest(portal_ids=portal_ids)
    found = await ask("billing", peers.billing.ListPortalPlans, request)
    return dict.fromkeys(portal_ids, found.default_plan_code) | {
        plan.portal_id: plan.plan_code for plan in found.plans
    }
