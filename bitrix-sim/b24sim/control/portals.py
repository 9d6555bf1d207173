"""Portals: create, read, change, delete; the totals of all."""

import secrets
from collections import Counter
from typing import Any, Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from b24sim.cloud import Cloud
from b24sim.control.request import Body, ControlError, cloud_of, json, portal_of, read
from b24sim.control.views import portal_view, user_view
from b24sim.model import CommandEvents, Employee, Limits
from b24sim.people import invent_departments, invent_employees
from b24sim.portal import Portal

FIRST_CHAT_ID = 4501
FIRST_COMMAND_ID = 78
FIRST_HANDLER_ID = 41
FIRST_EVENT_ID = 1001
FIRST_FILE_ID = 13821


class NewLimits(Body):
    """Requests per second that drain, and the size of the bucket."""

    rate: float = 2.0
    burst: float = 50.0


class NewPortal(Body):
    """`POST /control/portals`; everything has a default."""

    domain: str = ""
    member_id: str = ""
    application_token: str = ""
    users: list[Employee] | None = None
    users_count: int = Field(12, ge=1, le=100_000)
    next_bot_id: int = 812
    first_message_id: int = 70_101
    limits: NewLimits | Literal["off"] = NewLimits()
    installed: bool = False
    license: str = "ru_basic"
    access_token: str = ""
    refresh_token: str = ""
    token_ttl: int = Field(3600, ge=1)
    command_events: CommandEvents = "both"
    bots_v2: bool = True
    language: str = "ru"


class NewName(Body):
    """`POST /control/portals/{m}/rename`."""

    domain: str = Field(min_length=1)


class PortalChange(Body):
    """`PATCH /control/portals/{m}`."""

    token_ttl: int | None = Field(None, ge=1)
    key_trap_s: int | None = Field(None, ge=0)
    command_events: CommandEvents | None = None
    license: str | None = None
    scope: str | None = None
    installed: bool | None = None
    payment_expired: bool | None = None
    clock_skew_s: int | None = None


async def create(request: Request) -> Response:
    """A new portal with invented or given employees, and tokens of its admin."""
    cloud, asked = cloud_of(request), await read(request, NewPortal)
    portal = _build(cloud, asked)
    try:
        cloud.add(portal)
    except ValueError as error:
        raise ControlError(str(error), 409) from error
    admin = next(user for user in portal.users.values() if user.admin)
    pair = cloud.tokens.mint(portal, admin.id, cloud.clock(), asked.access_token, asked.refresh_token)
    tokens = {"user_id": admin.id, "access_token": pair.access, "refresh_token": pair.refresh}
    return json({**portal_view(cloud, portal), "admin": tokens}, 201)


async def list_portals(request: Request) -> Response:
    """Every portal, oldest first."""
    cloud = cloud_of(request)
    return json({"items": [portal_view(cloud, portal) for portal in cloud.portals.values()]})


async def get(request: Request) -> Response:
    """One portal with its employees."""
    cloud, portal = cloud_of(request), portal_of(request)
    users = [user_view(user) for user in portal.users.values()]
    return json({**portal_view(cloud, portal), "users": users})


async def change(request: Request) -> Response:
    """Change what a portal's settings say."""
    cloud, portal = cloud_of(request), portal_of(request)
    for name, value in (await read(request, PortalChange)).model_dump(exclude_none=True).items():
        setattr(portal, name, value)
    cloud.changed.set()
    return json(portal_view(cloud, portal))


async def rename(request: Request) -> Response:
    """Give the portal another domain: the old one answers 302 from now on."""
    cloud, portal = cloud_of(request), portal_of(request)
    try:
        cloud.rename(portal, (await read(request, NewName)).domain)
    except ValueError as error:
        raise ControlError(str(error), 409) from error
    return json(portal_view(cloud, portal))


async def delete(request: Request) -> Response:
    """Delete a portal: its address answers HTML 404, its tokens are unknown."""
    cloud_of(request).remove(portal_of(request))
    return Response(status_code=204)


async def set_limits(request: Request) -> Response:
    """`{"rate", "burst"}` or `"off"`."""
    cloud, portal = cloud_of(request), portal_of(request)
    body = (await request.body()).strip()
    portal.limits = Limits(off=True) if body == b'"off"' else _limits(await read(request, NewLimits))
    cloud.changed.set()
    return json(portal_view(cloud, portal))


async def stats(request: Request) -> Response:
    """Totals over all portals."""
    cloud = cloud_of(request)
    totals: Counter[str] = Counter()
    for portal in cloud.portals.values():
        totals.update(portal.counts)
    names = ("requests", "violations", "mistakes", "events", "bot_messages", "duplicates", "repeats", "refreshes")
    return json({"portals": len(cloud.portals), **{name: totals[name] for name in names}})


def _build(cloud: Cloud, asked: NewPortal) -> Portal:
    users = asked.users or invent_employees(asked.users_count)
    if not any(user.admin for user in users):
        users[0].admin = True
    by_id = {user.id: user for user in users}
    return Portal(
        member_id=asked.member_id.lower() or secrets.token_hex(16),
        domain=asked.domain or f"b24-{secrets.token_hex(3)}.bitrix24.ru",
        application_token=asked.application_token or secrets.token_hex(16),
        created_at=cloud.clock(),
        installed=asked.installed,
        license=asked.license,
        token_ttl=asked.token_ttl,
        command_events=asked.command_events,
        bots_v2=asked.bots_v2,
        language=asked.language,
        limits=Limits(off=True) if asked.limits == "off" else _limits(asked.limits),
        users=by_id,
        departments=invent_departments(),
        counters=_counters(max(asked.next_bot_id, max(by_id) + 1), asked.first_message_id),
    )


def _counters(bot_id: int, message_id: int) -> dict[str, int]:
    return {
        "bot": bot_id,
        "message": message_id,
        "chat": FIRST_CHAT_ID,
        "command": FIRST_COMMAND_ID,
        "handler": FIRST_HANDLER_ID,
        "event": FIRST_EVENT_ID,
        "file": FIRST_FILE_ID,
    }


def _limits(asked: Any) -> Limits:
    return Limits(asked.rate, asked.burst)


ROUTES = [
    Route("/control/portals", create, methods=["POST"]),
    Route("/control/portals", list_portals, methods=["GET"]),
    Route("/control/portals/{member_id}", get, methods=["GET"]),
    Route("/control/portals/{member_id}", change, methods=["PATCH"]),
    Route("/control/portals/{member_id}", delete, methods=["DELETE"]),
    Route("/control/portals/{member_id}/rename", rename, methods=["POST"]),
    Route("/control/portals/{member_id}/limits", set_limits, methods=["PUT"]),
    Route("/control/stats", stats, methods=["GET"]),
]
