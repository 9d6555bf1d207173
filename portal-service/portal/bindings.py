"""What of ours is bound on a portal besides the bot: handlers of events, placements. Data and pure rules."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bitrix.client import Call
from bitrix.events import as_map, as_text
from portal.bot_profile import EVENTS_PATH

PLACEMENT_PATH = "/v1/bitrix/placement"
EVENTS = ("ONAPPUNINSTALL", "ONAPPPAYMENT", "ONAPPUPDATE", "ONAPPTEST")
"""Bound per version: the platform drops handlers with each (contract 1.4). Bot events need none (contract 4.2)."""
PROBE_EVENT = "ONAPPTEST"
_TITLES = {"ru": {"TITLE": "Teachbase AI"}, "en": {"TITLE": "Teachbase AI"}}


@dataclass(frozen=True)
class Place:
    """Where the app shows itself; `scope` is what the portal must have granted for it (contract 6.1)."""

    code: str
    scope: str
    options: dict[str, str]


PLACES = (
    Place("LEFT_MENU", "placement", {}),
    Place(
        "IM_SIDEBAR", "im", {"iconName": "fa-graduation-cap", "context": "ALL", "role": "USER", "extranet": "N"}
    ),
)


@dataclass(frozen=True)
class Bound:
    """A binding as a portal lists it: `name` of an event or a placement, and the address it leads to."""

    name: str
    handler: str


def events(result: Any) -> list[Bound]:
    """Read a `result` of event.get."""
    return _read(result, "event")


def places(result: Any) -> list[Bound]:
    """Read a `result` of placement.get."""
    return _read(result, "placement")


def missing(wanted: Iterable[str], found: list[Bound], handler: str) -> list[str]:
    """Return what is not bound to our address."""
    return [name for name in wanted if Bound(name, handler) not in found]


def strays(wanted: Iterable[str], found: list[Bound], handler: str) -> list[Bound]:
    """Return what is bound to another address: of an earlier one of ours, for nobody else can bind as our app."""
    return [one for one in found if one.name in set(wanted) and one.handler != handler]


class Bindings:
    """The calls that bind and unbind, for the addresses of this installation."""

    def __init__(self, public_url: str) -> None:
        self.events_url = public_url.rstrip("/") + EVENTS_PATH
        self.placement_url = public_url.rstrip("/") + PLACEMENT_PATH

    def mend_events(self, found: list[Bound]) -> list[Call]:
        """Return what makes the handlers of events right."""
        bind = [
            Call("event.bind", {"event": name, "handler": self.events_url})
            for name in missing(EVENTS, found, self.events_url)
        ]
        return bind + [
            Call("event.unbind", {"event": one.name, "handler": one.handler})
            for one in strays(EVENTS, found, self.events_url)
        ]

    def rebind(self, name: str) -> list[Call]:
        """Return what ends a handler of an event and binds it again."""
        params = {"event": name, "handler": self.events_url}
        return [Call("event.unbind", params), Call("event.bind", params)]

    def mend_places(self, found: list[Bound]) -> list[Call]:
        """Return what makes the placements right."""
        codes = [place.code for place in PLACES]
        gone = set(missing(codes, found, self.placement_url))
        bind = [self._bind(place) for place in PLACES if place.code in gone]
        return bind + [
            Call("placement.unbind", {"PLACEMENT": one.name, "HANDLER": one.handler})
            for one in strays(codes, found, self.placement_url)
        ]

    def _bind(self, place: Place) -> Call:
        params: dict[str, Any] = {
            "PLACEMENT": place.code,
            "HANDLER": self.placement_url,
            "TITLE": "Teachbase AI",
            "LANG_ALL": _TITLES,
        }
        if place.options:
            params["OPTIONS"] = place.options
        return Call("placement.bind", params)


def _read(result: Any, name: str) -> list[Bound]:
    items = map(as_map, result if isinstance(result, list) else [])
    return [Bound(as_text(item.get(name)).upper(), as_text(item.get("handler"))) for item in items]
