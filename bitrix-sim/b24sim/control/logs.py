"""Requests, violations, deliveries and faults of a portal."""

from typing import Any

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from b24sim.clock import utc
from b24sim.control.request import ControlError, cloud_of, json, portal_of
from b24sim.faults import Fault

FAULTS = TypeAdapter(list[Fault])
SHOWN = 200


async def requests(request: Request) -> Response:
    """`{total, by_method, items}`: the newest REST calls, oldest first."""
    portal = portal_of(request)
    items = [{**line, "at": utc(line["at"])} for line in _newest(request, list(portal.live.requests))]
    return json({"total": portal.counts["requests"], "by_method": portal.by_method, "items": items})


async def violations(request: Request) -> Response:
    """`{total, items}`: calls over the leaky bucket."""
    portal = portal_of(request)
    items = _newest(request, list(portal.live.violations))
    return json({"total": portal.counts["violations"], "items": items})


async def mistakes(request: Request) -> Response:
    """`{total, items}`: calls that the official schemas object to; they were answered as the platform does."""
    portal = portal_of(request)
    return json({"total": portal.counts["mistakes"], "items": _newest(request, list(portal.live.mistakes))})


async def deliveries(request: Request) -> Response:
    """`{total, items}`: what came of each event."""
    portal = portal_of(request)
    items = _newest(request, list(portal.live.deliveries))
    return json({"total": portal.counts["events"], "items": items})


async def set_faults(request: Request) -> Response:
    """Replace the faults of the portal; `[]` heals it."""
    cloud, portal = cloud_of(request), portal_of(request)
    try:
        faults = FAULTS.validate_json(await request.body())
    except ValidationError as error:
        raise ControlError(str(error), 422) from error
    for fault in faults:
        fault.method = fault.method.lower()
    portal.faults = faults
    cloud.changed.set()
    return json({"faults": faults})


def _newest(request: Request, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return lines[-int(request.query_params.get("limit", SHOWN)) :]


async def issued(request: Request) -> Response:
    """Every token that was ever issued, and the application tokens: to look where none belongs."""
    cloud = cloud_of(request)
    applications = [portal.application_token for portal in cloud.portals.values()]
    return json({"items": [*cloud.tokens.issued, *applications]})


ROUTES = [
    Route("/control/tokens", issued, methods=["GET"]),
    Route("/control/portals/{member_id}/requests", requests, methods=["GET"]),
    Route("/control/portals/{member_id}/violations", violations, methods=["GET"]),
    Route("/control/portals/{member_id}/mistakes", mistakes, methods=["GET"]),
    Route("/control/portals/{member_id}/deliveries", deliveries, methods=["GET"]),
    Route("/control/portals/{member_id}/faults", set_faults, methods=["PUT"]),
]
