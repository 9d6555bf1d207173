"""What the portal app asks for its user: a session first, then everything by it (contract 6.3)."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from edge import portal_rows, provision, seats
from edge.auth import PortalAdmin, PortalUser
from edge.errors import ApiError
from edge.rows import portal_settings
from edge.rpc import INSTALL_TIMEOUT_S, Contexts, Peers, ask
from edge.schemas import portal as shapes
from edge.schemas.admin import Page
from edge.schemas.install import Provision
from edge.schemas.text import Text
from edge.source import remote_ip
from kit.pb import enum_value
from teachbase.billing.v1 import billing_pb2 as billing
from teachbase.messaging.v1 import messaging_pb2 as messaging
from teachbase.portal.v1 import install_pb2, settings_pb2
from teachbase.portal.v1 import portal_pb2 as pb

router = APIRouter(tags=["portal app"])

_USAGE_DAYS = 31
_WELCOMES_WAIT_S = 2.0


@router.post("/v1/bitrix/session", summary="Begin or renew a session of the portal app")
async def open_session(body: shapes.SessionOpen, request: Request, peers: Peers) -> shapes.SessionOpened:
    """Verify what BX24.getAuth() gave at the OAuth server. 404 where the app is not installed."""
    asked = install_pb2.OpenSessionRequest(
        access_token=body.AUTH_ID, member_id=body.member_id, remote_ip=remote_ip(request)
    )
    opened = await ask("portal", peers.portal.OpenSession, asked, INSTALL_TIMEOUT_S)
    if not opened.portal_token:
        raise ApiError(404, "not_installed", "The app is not installed on this portal yet.")
    return portal_rows.session(opened)


@router.get("/v1/portal/status", summary="Whether the bot works here, and for me")
async def status(session: PortalUser, peers: Peers) -> shapes.Status:
    """Return how the portal stands for who asks."""
    portal = await portal_of(peers, session.portal_id)
    return portal_rows.status(portal, session, await is_allowed(peers, portal, session.user_id))


@router.post("/v1/portal/setup", summary="Set the bot up again")
async def setup(session: PortalAdmin, peers: Peers) -> shapes.Status:
    """Repeat what the install does on the portal; safe to repeat."""
    ensure = pb.EnsureBotRequest(portal_id=session.portal_id)
    await ask("portal", peers.portal.EnsureBot, ensure, INSTALL_TIMEOUT_S)
    return await status(session, peers)


@router.get("/v1/portal/allowed-users", summary="Who may talk to the bot")
async def allowed_users(session: PortalAdmin, peers: Peers) -> shapes.AllowedUsers:
    """Return the list."""
    return portal_rows.allowed_users((await portal_of(peers, session.portal_id)).access)


@router.put("/v1/portal/allowed-users", summary="Choose who may talk to the bot")
async def set_allowed_users(
    body: shapes.AllowedUsersChange, session: PortalAdmin, peers: Peers
) -> shapes.AllowedUsersSaved:
    """Save; who is new gets one welcome, saving again sends none."""
    access = pb.Access(
        mode=enum_value(pb.AccessMode, body.mode),
        user_ids=sorted(set(body.user_ids)),
        department_ids=sorted(set(body.department_ids)),
    )
    await seats.take(peers, session.portal_id, len(access.user_ids))
    request = pb.SetAccessRequest(portal_id=session.portal_id, access=access)
    answer = await ask("portal", peers.portal.SetAccess, request, INSTALL_TIMEOUT_S)
    saved = answer.portal.access
    welcomes = await provision.watch(peers, session.portal_id, list(answer.added_user_ids), _WELCOMES_WAIT_S)
    return shapes.AllowedUsersSaved(**portal_rows.allowed_users(saved).model_dump(), provision=welcomes)


@router.post("/v1/portal/chats/provision", summary="How far the welcomes are")
async def provision_chats(session: PortalAdmin, peers: Peers) -> Provision:
    """Watch the welcomes of all who are allowed by name for a moment."""
    access = (await portal_of(peers, session.portal_id)).access
    return await provision.watch(peers, session.portal_id, list(access.user_ids), _WELCOMES_WAIT_S)


@router.get("/v1/portal/users", summary="Employees of the portal, by last name")
async def users(
    session: PortalAdmin,
    peers: Peers,
    query: Annotated[Text, Query(max_length=255)] = "",
    ids: Annotated[list[shapes.UserId], Query(max_length=50)] = [],  # noqa: B006 - FastAPI copies it
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[Text, Query(max_length=512)] = "",
) -> Page[shapes.PortalEmployee]:
    """Search by a part of a name or position, or name up to 50 ids; without either, all, page by page."""
    request = pb.ListEmployeesRequest(
        portal_id=session.portal_id, query=query, user_ids=ids, page_size=limit, page_token=cursor
    )
    found = await ask("portal", peers.portal.ListEmployees, request, INSTALL_TIMEOUT_S)
    portal = await portal_of(peers, session.portal_id)
    items = [portal_rows.employee(one, portal) for one in found.employees]
    return Page(items=items, next_cursor=found.next_page_token or None)


@router.get("/v1/portal/departments", summary="Departments of the portal")
async def departments(session: PortalAdmin, peers: Peers) -> shapes.Departments:
    """Return all; 409 `departments_not_readable` where the portal does not let the app read them."""
    request = settings_pb2.ListDepartmentsRequest(portal_id=session.portal_id)
    found = await ask("portal", peers.settings.ListDepartments, request, INSTALL_TIMEOUT_S)
    return portal_rows.departments(found)


@router.get("/v1/portal/settings", summary="What the administrator chose")
async def settings(session: PortalAdmin, peers: Peers) -> shapes.PortalSettings:
    """Return the settings."""
    return portal_settings((await portal_of(peers, session.portal_id)).settings)


@router.put("/v1/portal/settings", summary="Choose the bot's language and how events come")
async def set_settings(
    body: shapes.PortalSettingsChange, session: PortalAdmin, peers: Peers
) -> shapes.PortalSettings:
    """Save; what is absent stays. 409 `fetch_needs_bots_v2` where the bot is a classic one."""
    wanted = pb.PortalSettings(
        language=body.language or "", event_mode=enum_value(pb.EventMode, body.event_mode or "")
    )
    request = settings_pb2.SetSettingsRequest(portal_id=session.portal_id, settings=wanted)
    saved = await ask("portal", peers.settings.SetSettings, request, INSTALL_TIMEOUT_S)
    return portal_settings(saved.portal.settings)


@router.get("/v1/portal/usage", summary="What was used this month")
async def usage(session: PortalUser, peers: Peers) -> shapes.Usage:
    """Return the plan's limits to an administrator, and their own replies to an employee."""
    asked = billing.GetUsageRequest(portal_id=session.portal_id, days=_USAGE_DAYS if session.is_admin else 0)
    counted = await ask("billing", peers.billing.GetUsage, asked)
    if session.is_admin:
        return portal_rows.usage(counted)
    mine = messaging.CountAnsweredRequest(
        portal_id=session.portal_id, user_id=session.user_id, since=counted.period_from
    )
    return portal_rows.own_usage(counted, (await ask("messaging", peers.messaging.CountAnswered, mine)).answered)


async def portal_of(peers: Contexts, portal_id: str) -> pb.Portal:
    """Return a portal. Raises PeerError."""
    return (await ask("portal", peers.portal.GetPortal, pb.GetPortalRequest(portal_id=portal_id))).portal


async def is_allowed(peers: Contexts, portal: pb.Portal, user_id: int) -> bool:
    """Return whether an employee may ask the bot. Raises PeerError."""
    if portal.access.mode != pb.ACCESS_MODE_DEPARTMENTS:
        return portal_rows.is_allowed(pb.Employee(id=user_id), portal)
    request = pb.ListEmployeesRequest(portal_id=portal.id, user_ids=[user_id])
    found = await ask("portal", peers.portal.ListEmployees, request, INSTALL_TIMEOUT_S)
    return any(portal_rows.is_allowed(one, portal) for one in found.employees)
