"""event.*: handlers of application events (contract 5.7). Bot events need none (contract 4.2)."""

from typing import Any

from b24sim.events import v2
from b24sim.events.application import publish_application
from b24sim.model import Handler as EventHandler
from b24sim.rest.bots import check_url
from b24sim.rest.call import Call, Handler, RestError
from b24sim.rest.params import as_int, as_text
from b24sim.rest.placements import require_admin

EVENTS = frozenset(
    {
        "ONAPPINSTALL",
        "ONAPPUNINSTALL",
        "ONAPPUPDATE",
        "ONAPPPAYMENT",
        "ONAPPMETHODCONFIRM",
        "ONAPPTEST",
        "ONUSERADD",
    }
)


def bind(call: Call) -> bool:
    """Subscribe a URL to an event; admin only, once per event and URL."""
    require_admin(call)
    event, url = _named(call)
    if event not in EVENTS:
        raise RestError("ERROR_EVENT_NOT_FOUND", "Event not found")
    check_url(url, "ERROR_WRONG_HANDLER_URL")
    if any((item.event, item.url) == (event, url) for item in call.portal.handlers):
        raise RestError("ERROR_CORE", "Unable to set event handler: Handler already binded")
    auth_type = as_int(call.params.get("auth_type"))
    call.portal.handlers.append(EventHandler(call.portal.next_id("handler"), event, url, auth_type))
    call.cloud.changed.set()
    return True


def get(call: Call) -> list[dict[str, Any]]:
    """The subscriptions of the application, also those that the platform made for its bots (contract 4.2)."""
    own = [(item.event, item.url, item.auth_type) for item in call.portal.handlers]
    bots = [
        (event, bot.webhook_url, 0)
        for bot in call.portal.bots.values()
        if bot.api == "v2" and bot.event_mode == "webhook"
        for event in v2.NAMES.values()
    ]
    return [
        {"event": event, "handler": url, "auth_type": str(auth_type), "offline": 0}
        for event, url, auth_type in own + bots
    ]


def unbind(call: Call) -> dict[str, int]:
    """End a subscription."""
    require_admin(call)
    named, before = _named(call), len(call.portal.handlers)
    call.portal.handlers = [item for item in call.portal.handlers if (item.event, item.url) != named]
    call.cloud.changed.set()
    return {"count": before - len(call.portal.handlers)}


def test(call: Call) -> bool:
    """Send ONAPPTEST with an echo of the parameters: a probe of the delivery."""
    data = {"QUERY": call.params, "LANGUAGE_ID": call.portal.language}
    publish_application(call.cloud, call.portal, "ONAPPTEST", data, call.user_id)
    return True


def _named(call: Call) -> tuple[str, str]:
    params = {key.lower(): value for key, value in call.params.items()}
    return as_text(params.get("event")).upper(), as_text(params.get("handler"))


METHODS: dict[str, Handler] = {
    "event.bind": bind,
    "event.get": get,
    "event.unbind": unbind,
    "event.test": test,
}
