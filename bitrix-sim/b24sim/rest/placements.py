"""placement.*: widgets of the application (contract 6.1)."""

from typing import Any
from urllib.parse import urlsplit

from b24sim.model import Placement
from b24sim.rest.call import Call, Handler, RestError
from b24sim.rest.params import as_int, as_map, as_text

CODES = (
    "LEFT_MENU",
    "IM_TEXTAREA",
    "IM_SIDEBAR",
    "IM_NAVIGATION",
    "IM_CONTEXT_MENU",
    "REST_APP_URI",
    "USER_PROFILE_MENU",
    "CRM_DEAL_DETAIL_TAB",
)


def bind(call: Call) -> bool:
    """Bind a handler to a place; admin only. Refusals of the arguments come with HTTP 200."""
    require_admin(call)
    code = as_text(call.params.get("PLACEMENT")).upper()
    handler = as_text(call.params.get("HANDLER"))
    if not code:
        raise RestError("ERROR_ARGUMENT", "Argument 'PLACEMENT' is null or empty", 200)
    if code not in CODES or (code.startswith("IM_") and "im" not in call.portal.scope.split(",")):
        raise RestError("ERROR_PLACEMENT_NOT_FOUND", "Placement not found")
    if not handler:
        raise RestError("EMPTY_ERROR_HANDLER_URL", "Handler URL is empty", 200)
    if urlsplit(handler).scheme not in {"http", "https"}:
        raise RestError("ERROR_UNSUPPORTED_PROTOCOL", "Unsupported event handler protocol")
    if any((item.code, item.handler) == (code, handler) for item in call.portal.placements):
        raise RestError("ERROR_CORE", "Unable to set placement handler: Handler already binded")
    title = as_text(call.params.get("TITLE"))
    options, languages = as_map(call.params.get("OPTIONS")), as_map(call.params.get("LANG_ALL"))
    user_id = as_int(call.params.get("USER_ID"))
    call.portal.placements.append(Placement(code, handler, title, options, languages, user_id))
    call.cloud.changed.set()
    return True


def get(call: Call) -> list[dict[str, Any]]:
    """Bound handlers; admin only."""
    require_admin(call)
    return [
        {
            "placement": item.code,
            "userId": item.user_id,
            "handler": item.handler,
            "options": item.options or [],
            "title": item.title,
            "description": "",
            "langAll": item.lang_all or [],
        }
        for item in call.portal.placements
    ]


def unbind(call: Call) -> dict[str, int]:
    """Unbind by PLACEMENT and, where it is given, HANDLER; admin only."""
    require_admin(call)
    code = as_text(call.params.get("PLACEMENT")).upper()
    handler = as_text(call.params.get("HANDLER"))
    before = len(call.portal.placements)
    call.portal.placements = [
        item for item in call.portal.placements if item.code != code or handler not in {"", item.handler}
    ]
    call.cloud.changed.set()
    return {"count": before - len(call.portal.placements)}


def list_codes(_call: Call) -> list[str]:
    """The places an application may bind to."""
    return list(CODES)


def require_admin(call: Call) -> None:
    """ACCESS_DENIED for anyone but an admin of the portal."""
    user = call.portal.users.get(call.user_id)
    if user is None or not user.admin:
        raise RestError("ACCESS_DENIED", "Access denied!", 403)


METHODS: dict[str, Handler] = {
    "placement.bind": bind,
    "placement.get": get,
    "placement.unbind": unbind,
    "placement.list": list_codes,
}
