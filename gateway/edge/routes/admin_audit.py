"""What the vendor's staff changed, as the console lists it."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from edge import csv_file, rows
from edge.auth import admin_session
from edge.exports import Export
from edge.filters import Id, List, text
from edge.rpc import Contexts, Peers, ask
from edge.schemas.admin import AuditEntry, Page
from edge.schemas.text import Text
from teachbase.portal.v1 import admin_pb2 as pb

router = APIRouter(prefix="/v1/admin/audit", tags=["admin audit"], dependencies=[Depends(admin_session)])


_COLUMNS = (
    "id",
    "created_at",
    "email",
    "admin_id",
    "action",
    "portal_id",
    "before",
    "after",
    "remote_ip",
    "trace_id",
)


def _asked(
    listing: List,
    portal_id: Id = None,
    admin_id: Id = None,
    action: Annotated[Text, Query(max_length=64)] = "",
) -> pb.ListAuditRequest:
    return pb.ListAuditRequest(portal_id=text(portal_id), admin_id=text(admin_id), action=action, **listing.page())


Asked = Annotated[pb.ListAuditRequest, Depends(_asked)]


@router.get("", summary="Who changed what, newest first")
async def audit(peers: Peers, asked: Asked) -> Page[AuditEntry]:
    """List changes, with the state before and after; `admin_id` is who made them."""
    return await _page(peers, asked)


@router.get(
    ".csv", summary="Who changed what, as a file", response_class=StreamingResponse, responses=csv_file.DESCRIBED
)
async def audit_csv(peers: Peers, asked: Asked, export: Export) -> StreamingResponse:
    """Stream every change of the filter."""
    return await export.of_list("audit", _COLUMNS, asked, partial(_page, peers))


async def _page(peers: Contexts, asked: pb.ListAuditRequest) -> Page[AuditEntry]:
    found = await ask("portal", peers.admin.ListAudit, asked)
    return Page(items=list(map(rows.audit_row, found.entries)), next_cursor=found.next_page_token or None)
