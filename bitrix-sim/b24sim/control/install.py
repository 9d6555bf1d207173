"""Installation: what the browser posts to the product, the wizard's walk, installFinish and removal."""

import secrets
from typing import Any

import aiohttp
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from b24sim.cloud import Cloud
from b24sim.control.request import Body, ControlError, cloud_of, json, portal_of, read, user_of
from b24sim.events.application import publish_application
from b24sim.portal import Portal

PRODUCT_TIMEOUT_SECONDS = 120.0


class Opening(Body):
    """`POST .../open`."""

    user_id: int
    placement: str = "DEFAULT"
    placement_options: str = ""


class Authorization(Body):
    """`POST .../code`."""

    user_id: int


class Revocation(Body):
    """`POST .../revoke`: whose tokens, and which of them."""

    user_id: int
    access: bool = True
    refresh: bool = True


class Removal(Body):
    """`POST .../uninstall`: whether the admin ticked "delete data"."""

    clean: bool = False


class Installation(Body):
    """`POST .../install`: who may talk to the bot."""

    user_ids: list[int]


async def open_page(request: Request) -> Response:
    """Query and form of the POST that opens our iframe for an employee (contract 1.3), and the product's base."""
    cloud, portal = cloud_of(request), portal_of(request)
    asked = await read(request, Opening)
    user = user_of(portal, asked.user_id)
    page = page_request(cloud, portal, user.id, asked.placement, asked.placement_options)
    return json({**page, "product_url": cloud.settings.product_url})


async def code(request: Request) -> Response:
    """An authorization code of an employee, as the portal redirects it to us (contract 2.1)."""
    cloud, portal = cloud_of(request), portal_of(request)
    user = user_of(portal, (await read(request, Authorization)).user_id)
    return json({"code": cloud.tokens.mint_code(portal, user.id, cloud.clock())})


async def revoke(request: Request) -> Response:
    """The tokens of an employee are unknown from now on."""
    cloud, portal = cloud_of(request), portal_of(request)
    asked = await read(request, Revocation)
    user = user_of(portal, asked.user_id)
    gone = cloud.tokens.revoke(portal.member_id, user.id, access=asked.access, refresh=asked.refresh)
    cloud.changed.set()
    return json({"revoked": gone})


async def install_finish(request: Request) -> Response:
    """What BX24.installFinish does: from now on events leave the portal (contract 1.2)."""
    finish(cloud_of(request), portal_of(request))
    return json({"installed": True})


async def install(request: Request) -> Response:
    """Walk the wizard as the admin: install/complete, install/finalize, installFinish.

    Answers `{complete, finalize, installed}`; 502 with both bodies where the product refuses or is away.
    """
    cloud, portal = cloud_of(request), portal_of(request)
    user_ids = (await read(request, Installation)).user_ids
    admin = next(user for user in portal.users.values() if user.admin and user.active)
    form = page_request(cloud, portal, admin.id, "DEFAULT", "")["form"]
    fields = {
        **{key: form[key] for key in ("AUTH_ID", "REFRESH_ID", "AUTH_EXPIRES")},
        "DOMAIN": portal.domain,
        **{key: form[key] for key in ("member_id", "APPLICATION_TOKEN", "SERVER_ENDPOINT")},
    }
    complete = await _post(cloud, "/v1/bitrix/install/complete", data=fields)
    finalize = await _post(
        cloud,
        "/v1/bitrix/install/finalize",
        json={"portal_id": complete.get("portal_id"), "selected_user_ids": user_ids},
        headers={"Authorization": f"Bearer {complete.get('portal_token')}"},
    )
    finish(cloud, portal)
    return json({"complete": complete, "finalize": finalize, "installed": True})


async def uninstall(request: Request) -> Response:
    """An admin deletes the application: ONAPPUNINSTALL, then tokens, bots and bindings are gone (contract 1.4)."""
    cloud, portal = cloud_of(request), portal_of(request)
    clean = (await read(request, Removal)).clean
    data = {"LANGUAGE_ID": portal.language, "CLEAN": "1" if clean else "0"}
    publish_application(cloud, portal, "ONAPPUNINSTALL", data, None)
    remove_application(cloud, portal)
    return json({"uninstalled": True})


def page_request(
    cloud: Cloud, portal: Portal, user_id: int, placement: str, options: str
) -> dict[str, dict[str, str]]:
    """`{query, form}` of the page POST, with fresh tokens of that user."""
    if portal.uninstalled:
        portal.uninstalled = False
        portal.application_token = secrets.token_hex(16)  # a new installation has a new one (contract 1.4)
    pair = cloud.tokens.mint(portal, user_id, cloud.clock())
    cloud.changed.set()
    query = {"DOMAIN": portal.domain, "PROTOCOL": "1", "LANG": portal.language, "APP_SID": secrets.token_hex(16)}
    form = {
        "AUTH_ID": pair.access,
        "AUTH_EXPIRES": str(portal.token_ttl),
        "REFRESH_ID": pair.refresh,
        "SERVER_ENDPOINT": cloud.server_endpoint,
        "APPLICATION_TOKEN": portal.application_token,
        "APPLICATION_SCOPE": portal.scope,
        "member_id": portal.member_id,
        "status": portal.status,
        "PLACEMENT": placement,
        "PLACEMENT_OPTIONS": options or r'{"any":"71\/"}',
    }
    return {"query": query, "form": form}


def finish(cloud: Cloud, portal: Portal) -> None:
    """Mark the application as installed."""
    portal.installed = True
    portal.uninstalled = False
    cloud.changed.set()


def remove_application(cloud: Cloud, portal: Portal) -> None:
    """Take away what the platform takes away by itself: bots with their chats, handlers, placements, tokens."""
    portal.installed = False
    portal.uninstalled = True
    cloud.tokens.forget(portal.member_id)
    for chat_id in portal.private_chats.values():
        for message_id in portal.chats.pop(chat_id).message_ids:
            del portal.messages[message_id]
    portal.private_chats.clear()
    for chat in portal.chats.values():
        chat.members = [member for member in chat.members if member not in portal.bots]
    portal.bots.clear()
    portal.commands.clear()
    portal.handlers.clear()
    portal.placements.clear()
    cloud.changed.set()


async def _post(cloud: Cloud, path: str, **request: Any) -> dict[str, Any]:
    url = cloud.settings.product_url + path
    timeout = aiohttp.ClientTimeout(total=PRODUCT_TIMEOUT_SECONDS)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session, session.post(url, **request) as answer:
            text = await answer.text()
            body = await answer.json(content_type=None) if text.startswith("{") else {"text": text[:500]}
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        raise ControlError(f"{url}: {type(error).__name__} {error}", 502) from error
    if answer.status >= 300 or not isinstance(body, dict):
        raise ControlError(f"{url} answered {answer.status}", 502, answered=answer.status, body=body)
    return body


ROUTES = [
    Route("/control/portals/{member_id}/open", open_page, methods=["POST"]),
    Route("/control/portals/{member_id}/code", code, methods=["POST"]),
    Route("/control/portals/{member_id}/revoke", revoke, methods=["POST"]),
    Route("/control/portals/{member_id}/install-finish", install_finish, methods=["POST"]),
    Route("/control/portals/{member_id}/install", install, methods=["POST"]),
    Route("/control/portals/{member_id}/uninstall", uninstall, methods=["POST"]),
]
