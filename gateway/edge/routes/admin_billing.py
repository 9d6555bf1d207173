"""Plans, and what portals are on."""

from functools import partial
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse

from edge import billing_rows, csv_file, staff_log
from edge.auth import Operator, admin_session
from edge.exports import Export
from edge.filters import Id, List, text, word
from edge.rows import at
from edge.rpc import Contexts, Peers, ask
from edge.schemas import billing as shapes
from edge.schemas.admin import Page
from edge.schemas.portal import UsagePeriod
from edge.schemas.text import Moment, Text
from kit.pb import moment
from teachbase.billing.v1 import billing_pb2, ledger_pb2
from teachbase.portal.v1 import portal_pb2

router = APIRouter(prefix="/v1/admin/billing", tags=["admin billing"], dependencies=[Depends(admin_session)])


@router.get("/plans", summary="Plans, in their current versions")
async def plans(peers: Peers) -> Page[shapes.Plan]:
    """List all of them, by code."""
    found = await ask("billing", peers.billing.ListPlans, billing_pb2.ListPlansRequest())
    return Page(items=[billing_rows.plan(one) for one in found.plans], next_cursor=None)


@router.post("/plans", status_code=201, summary="Make a plan")
async def create_plan(body: shapes.PlanChange, request: Request, admin: Operator, peers: Peers) -> shapes.Plan:
    """Make one; 409 `plan_exists` where there is one of this code. Audited."""
    await staff_log.record(peers, request, admin, "billing.plan", after=_described(body))
    asked = ledger_pb2.CreatePlanRequest(
        request_id=_request_id(body.request_id), plan=billing_rows.plan_asked(body)
    )
    return billing_rows.plan((await ask("billing", peers.ledger.CreatePlan, asked)).plan)


@router.patch("/plans", summary="Make a new version of a plan")
async def change_plan(body: shapes.PlanChange, request: Request, admin: Operator, peers: Peers) -> shapes.Plan:
    """Portals stay on their version until they are moved; 404 `plan_not_found`. Audited."""
    await staff_log.record(peers, request, admin, "billing.plan", after=_described(body))
    asked = ledger_pb2.ChangePlanRequest(
        request_id=_request_id(body.request_id), plan=billing_rows.plan_asked(body)
    )
    return billing_rows.plan((await ask("billing", peers.ledger.ChangePlan, asked)).plan)


@router.get("/plans/{code}/versions", summary="Every version of a plan, newest first")
async def versions(code: shapes.Code, peers: Peers) -> Page[shapes.Plan]:
    """List them; `portals`: how many are on each."""
    found = await ask("billing", peers.ledger.ListPlanVersions, ledger_pb2.ListPlanVersionsRequest(code=code))
    items = [billing_rows.plan(one.plan, at(one, "created_at")) for one in found.versions]
    return Page(items=items, next_cursor=None)


_SUBSCRIPTIONS = (
    "portal_id",
    "plan_code",
    "plan_version",
    "status",
    "ends_at",
    "used_percent",
    "limits",
    "trial_ends_at",
    "paid_until",
    "suspended_at",
    "suspended_reason",
    "canceled_at",
    "next_plan_code",
    "next_plan_at",
)


def _asked(
    listing: List,
    portal_id: Id = None,
    plan: Annotated[Text, Query(max_length=50)] = "",
    status: str = "",
    near: Annotated[int, Query(ge=0, le=1000)] = 0,
) -> ledger_pb2.ListSubscriptionsRequest:
    return ledger_pb2.ListSubscriptionsRequest(
        page_size=listing.limit,
        page_token=listing.cursor,
        plan_code=plan,
        status=word(billing_pb2.SubscriptionStatus, "status", status),
        near_percent=near,
        portal_id=text(portal_id),
    )


Asked = Annotated[ledger_pb2.ListSubscriptionsRequest, Depends(_asked)]


@router.get("/portals", summary="What portals are on, nearest to a limit first")
async def subscriptions(peers: Peers, asked: Asked) -> Page[shapes.Subscription]:
    """Filter by plan, status, and the least per cent of a limit that was used."""
    return await _page(peers, asked)


@router.get(
    "/portals.csv",
    summary="What portals are on, as a file",
    response_class=StreamingResponse,
    responses=csv_file.DESCRIBED,
)
async def subscriptions_csv(peers: Peers, asked: Asked, export: Export) -> StreamingResponse:
    """Stream every subscription of the filter."""
    asked.by_portal = True  # what is counted meanwhile moves none to a page that was read
    return await export.of_list("subscriptions", _SUBSCRIPTIONS, asked, partial(_page, peers))


@router.get("/portals/{portal_id}", summary="What a portal is on, why, and what it was on")
async def subscription(portal_id: UUID, peers: Peers) -> shapes.SubscriptionDetail:
    """Return it; 404 `portal_not_found`."""
    await _must_exist(peers, portal_id)
    return await _detail(peers, portal_id)


@router.put("/portals/{portal_id}", summary="Change what a portal is on")
async def change_subscription(
    portal_id: UUID, body: shapes.SubscriptionChange, request: Request, admin: Operator, peers: Peers
) -> shapes.SubscriptionDetail:
    """Plan (at once or with the next period), limits of its own, payment, suspension. Audited."""
    await _must_exist(peers, portal_id)
    described = body.model_dump(mode="json", exclude_unset=True, exclude={"request_id"})
    await staff_log.record(
        peers, request, admin, "billing.subscription", after=described, portal_id=str(portal_id)
    )
    asked = billing_rows.change_asked(str(portal_id), _request_id(body.request_id), body)
    await ask("billing", peers.ledger.ChangeSubscription, asked)
    return await _detail(peers, portal_id)


@router.get("/portals/{portal_id}/events", summary="What a portal used, unit by unit, newest first")
async def events(portal_id: UUID, peers: Peers, listing: List) -> Page[shapes.UsageEvent]:
    """List counted units, each with the message it paid for."""
    await _must_exist(peers, portal_id)
    asked = ledger_pb2.ListUsageEventsRequest(portal_id=str(portal_id), **listing.page())
    found = await ask("billing", peers.ledger.ListUsageEvents, asked)
    return Page(items=list(map(billing_rows.usage_event, found.events)), next_cursor=found.next_page_token or None)


@router.get("/portals/{portal_id}/statement", summary="What a portal was on and used in one period")
async def statement(portal_id: UUID, peers: Peers, at_: Annotated[Moment, Query(alias="at")]) -> shapes.Statement:
    """Return the period that the moment `at` belongs to."""
    await _must_exist(peers, portal_id)
    asked = ledger_pb2.GetStatementRequest(portal_id=str(portal_id), at=moment(at_))
    found = await ask("billing", peers.ledger.GetStatement, asked)
    return shapes.Statement(
        portal_id=str(portal_id),
        period=UsagePeriod(from_=at(found, "period_from"), to=at(found, "period_to")),
        plan=billing_rows.plan(found.plan),
        changes=list(map(billing_rows.entry, found.changes)),
        limits=list(map(billing_rows.limit, found.lines)),
        days=list(map(billing_rows.day, found.days)),
        cost_micro=found.cost_micro,
        unpriced_calls=found.unpriced_calls,
        price_minor=found.price_minor,
        currency=found.currency,
    )


@router.post("/portals/{portal_id}/recount", summary="Count a portal's usage anew from its events")
async def recount(portal_id: UUID, request: Request, admin: Operator, peers: Peers) -> shapes.Drifts:
    """Have its counters say what its events add up to; returns what was wrong. Audited."""
    await _must_exist(peers, portal_id)
    await staff_log.record(peers, request, admin, "billing.recount", after={}, portal_id=str(portal_id))
    done = await ask("billing", peers.ledger.Recount, ledger_pb2.RecountRequest(portal_id=str(portal_id)))
    return shapes.Drifts(items=list(map(billing_rows.drift, done.mended)))


async def _detail(peers: Contexts, portal_id: UUID) -> shapes.SubscriptionDetail:
    asked = ledger_pb2.GetSubscriptionRequest(portal_id=str(portal_id))
    found = await ask("billing", peers.ledger.GetSubscription, asked)
    return shapes.SubscriptionDetail(
        **billing_rows.subscription(found.subscription), history=list(map(billing_rows.entry, found.history))
    )


async def _must_exist(peers: Contexts, portal_id: UUID) -> None:
    await ask("portal", peers.portal.GetPortal, portal_pb2.GetPortalRequest(portal_id=str(portal_id)))


def _request_id(given: UUID | None) -> str:
    return str(given or uuid4())


def _described(body: shapes.PlanChange) -> dict[str, object]:
    return body.model_dump(mode="json", exclude={"request_id"})


async def _page(peers: Contexts, asked: ledger_pb2.ListSubscriptionsRequest) -> Page[shapes.Subscription]:
    found = await ask("billing", peers.ledger.ListSubscriptions, asked)
    items = [shapes.Subscription(**billing_rows.subscription(one)) for one in found.subscriptions]
    return Page(items=items, next_cursor=found.next_page_token or None)
