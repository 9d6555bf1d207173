"""What the vendor's staff changed, as the console lists it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from edge import rows
from edge.auth import admin_session
from edge.filters import Id, List, text
from edge.rpc import Peers, ask
from edge.schemas.admin import AuditEntry, Page
from edge.schemas.text import Text
from teachbase.portal.v1 import admin_pb2 as pb

router = APIRouter(prefix="/v1/admin/audit", tags=["admin audit"], dependencies=[Depends(admin_session)])


@router.get("", summary="Who changed what, newest first")
async def audit(
    peers: Peers,
    listing: List,
    portal_id: Id = None,
    admin_id: Id = None,
    action: Annotated[Text, Query(max_length=64)] = "",
) -> Page[AuditEntry]:
    """List changes, with the state before and after; `admin_id` is who made them."""
    request = pb.ListAuditRequest(
        portal_id=text(portal_id), admin_id=text(admin_id), action=action, **listing.page()
    )
    found = await ask("portal", peers.admin.ListAudit, request)
    return Page(items=list(map(rows.audit_row, found.entries)), next_cursor=found.next_page_token or None)
