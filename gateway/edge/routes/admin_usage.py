"""What portals used, summed up; who is near a limit; what models cost."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Literal
from uuid import uuid4

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse
from grpc.aio import AioRpcError

from edge import billing_rows, csv_file, staff_log
from edge.auth import Operator, admin_session
from edge.exports import Export, filter_of
from edge.filters import Id, List, text
from edge.rows import at
from edge.rpc import Contexts, Peers, ask
from edge.schemas import billing as shapes
from edge.schemas.admin import Page
from edge.schemas.text import Day, Moment
from kit.pb import enum_name, enum_value, moment
from kit.rpc import peer_error, trace_metadata
from teachbase.billing.v1 import billing_pb2, ledger_pb2

router = APIRouter(prefix="/v1/admin/billing", tags=["admin billing"], dependencies=[Depends(admin_session)])

_EXPORT_TIMEOUT_S = 600.0
_COLUMNS = ("id", "created_at", "portal_id", "metric", "units", "channel")
_ALERTS = ("id", "created_at", "portal_id", "name", "threshold", "used", "limit", "resets_at")
_ACTIVITY = ("portal_id", "active_days", "replies")


@router.get("/usage", summary="Usage by day, portal or metric")
async def usage(
    peers: Peers,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str, Query(max_length=512)] = "",
    group: Literal["day", "portal", "metric"] = "day",
    portal_id: Id = None,
    metric: shapes.LimitName | Literal[""] = "",
    since: Day | None = None,
    until: Day | None = None,
) -> Page[shapes.UsageSum]:
    """Sum up the days (UTC) from `since` to `until`, both included; the last 30 by default."""
    asked = ledger_pb2.SumUsageRequest(
        group=enum_value(ledger_pb2.UsageGroup, group),
        since=since.isoformat() if since else "",
        until=until.isoformat() if until else "",
        portal_id=text(portal_id),
        name=metric,
        page_size=limit,
        page_token=cursor,
    )
    found = await ask("billing", peers.ledger.SumUsage, asked)
    return Page(items=list(map(billing_rows.usage_sum, found.sums)), next_cursor=found.next_page_token or None)


@router.get(
    "/usage.csv",
    summary="Every counted unit, as a file",
    response_class=StreamingResponse,
    responses=csv_file.DESCRIBED,
)
async def usage_csv(
    peers: Peers,
    export: Export,
    portal_id: Id = None,
    since: Moment | None = None,
    until: Moment | None = None,
) -> StreamingResponse:
    """Stream the units counted from `since` to `until`, the last 31 days by default."""
    asked = ledger_pb2.ExportUsageRequest(portal_id=text(portal_id), since=moment(since), until=moment(until))
    await export.record("usage", filter_of(asked))
    pages = aiter(peers.ledger.ExportUsage(asked, timeout=_EXPORT_TIMEOUT_S, metadata=trace_metadata()))
    try:
        first = await anext(pages, ledger_pb2.ExportUsageResponse())
    except AioRpcError as error:  # before the first line it can still be said
        raise peer_error("billing", error) from None
    return csv_file.answer("usage", _lines(first, pages))


def _asked_alerts(listing: List, portal_id: Id = None) -> ledger_pb2.ListAlertsRequest:
    return ledger_pb2.ListAlertsRequest(portal_id=text(portal_id), **listing.page())


AskedAlerts = Annotated[ledger_pb2.ListAlertsRequest, Depends(_asked_alerts)]


@router.get("/alerts", summary="Limits that portals came near to, newest first")
async def alerts(peers: Peers, asked: AskedAlerts) -> Page[shapes.LimitAlert]:
    """List what administrators were told of: 50, 80 and 100 per cent of a limit."""
    return await _alerts(peers, asked)


@router.get(
    "/alerts.csv",
    summary="Limits that portals came near to, as a file",
    response_class=StreamingResponse,
    responses=csv_file.DESCRIBED,
)
async def alerts_csv(peers: Peers, asked: AskedAlerts, export: Export) -> StreamingResponse:
    """Stream every alert of the filter."""
    return await export.of_list("limit-alerts", _ALERTS, asked, partial(_alerts, peers))


def _asked_activity(
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str, Query(max_length=512)] = "",
    until: Day | None = None,
    days: Annotated[int, Query(ge=1, le=92)] = 30,
) -> ledger_pb2.ListActivityRequest:
    return ledger_pb2.ListActivityRequest(
        until=until.isoformat() if until else "", days=days, page_size=limit, page_token=cursor
    )


AskedActivity = Annotated[ledger_pb2.ListActivityRequest, Depends(_asked_activity)]


@router.get("/activity", summary="On how many days portals used the bot, most active first")
async def activity(peers: Peers, asked: AskedActivity) -> Page[shapes.Activity]:
    """Return the replies of each of the last `days`: the Marketplace pays by active days."""
    return await _activity(peers, asked)


@router.get(
    "/activity.csv",
    summary="Days of use, as a file",
    response_class=StreamingResponse,
    responses=csv_file.DESCRIBED,
)
async def activity_csv(peers: Peers, asked: AskedActivity, export: Export) -> StreamingResponse:
    """Stream every portal's days."""
    asked.until = asked.until or datetime.now(UTC).date().isoformat()  # the same for every page
    asked.by_portal = True  # what is counted meanwhile moves none to a page that was read
    return await export.of_list("activity", _ACTIVITY, asked, partial(_activity, peers))


@router.get("/prices", summary="What models cost")
async def prices(peers: Peers) -> shapes.ModelPrices:
    """Return the prices that count now, and models without one."""
    found = await ask("billing", peers.ledger.ListPrices, ledger_pb2.ListPricesRequest())
    return shapes.ModelPrices(items=list(map(billing_rows.price, found.prices)), unpriced=list(found.unpriced))


@router.put("/prices", summary="Say what a model costs from now on")
async def set_price(
    body: shapes.PriceChange, request: Request, admin: Operator, peers: Peers
) -> shapes.ModelPrice:
    """What was counted before stays as it was. Audited."""
    await staff_log.record(peers, request, admin, "billing.price", after=body.model_dump())
    asked = ledger_pb2.SetPriceRequest(request_id=str(uuid4()), price=ledger_pb2.ModelPrice(**body.model_dump()))
    return billing_rows.price((await ask("billing", peers.ledger.SetPrice, asked)).price)


@router.get("/drifts", summary="Counters that are not what their events add up to")
async def drifts(peers: Peers) -> shapes.Drifts:
    """Return what the last hourly recount found."""
    found = await ask("billing", peers.ledger.ListDrifts, ledger_pb2.ListDriftsRequest())
    return shapes.Drifts(items=list(map(billing_rows.drift, found.drifts)))


async def _alerts(peers: Contexts, asked: ledger_pb2.ListAlertsRequest) -> Page[shapes.LimitAlert]:
    found = await ask("billing", peers.ledger.ListAlerts, asked)
    return Page(items=list(map(billing_rows.alert, found.alerts)), next_cursor=found.next_page_token or None)


async def _activity(peers: Contexts, asked: ledger_pb2.ListActivityRequest) -> Page[shapes.Activity]:
    found = await ask("billing", peers.ledger.ListActivity, asked)
    items = [
        shapes.Activity(
            id=one.portal_id, portal_id=one.portal_id, active_days=one.active_days, replies=list(one.replies)
        )
        for one in found.portals
    ]
    return Page(items=items, next_cursor=found.next_page_token or None)


async def _lines(
    first: ledger_pb2.ExportUsageResponse, pages: AsyncIterator[ledger_pb2.ExportUsageResponse]
) -> AsyncIterator[bytes]:
    yield csv_file.lines([_COLUMNS])
    yield _as_csv(first)
    async for page in pages:
        yield _as_csv(page)


def _as_csv(page: ledger_pb2.ExportUsageResponse) -> bytes:
    return csv_file.lines(
        (
            one.id,
            at(one, "created_at"),
            one.portal_id,
            one.name,
            one.units,
            enum_name(billing_pb2.Channel, one.channel),
        )
        for one in page.events
    )
