"""Every method of the portal by its lower-case name: the core does not mind the case (contract 3.1)."""

from dataclasses import replace
from typing import Any

from b24sim.clock import utc
from b24sim.faults import strike
from b24sim.rest import (
    batch,
    bots,
    classic,
    commands,
    fetch,
    messages,
    placements,
    schema,
    subscriptions,
    system,
    users,
)
from b24sim.rest.call import Call, Handler, RestError
from b24sim.rest.params import as_text
from b24sim.rest.refusals import OF_ONE_COMMAND, REFUSALS

FAMILIES = (bots, messages, commands, fetch, classic, users, placements, subscriptions, system)
HANDLERS: dict[str, Handler] = {
    name.lower(): handler for family in FAMILIES for name, handler in family.METHODS.items()
}


def perform(name: str, call: Call) -> Any:
    """Run the method of that lower-case name; ERROR_METHOD_NOT_FOUND 404 where there is none."""
    handler = HANDLERS.get(name)
    if handler is None or not _has(call, name):
        raise RestError("ERROR_METHOD_NOT_FOUND", "Method not found!", 404)
    if found := schema.mistakes(name, call.params):
        call.portal.counts["mistakes"] += 1
        call.portal.live.mistakes.append({"at": utc(call.now), "method": name, "mistakes": found})
    return handler(call)


def _perform_inside(name: str, call: Call) -> Any:
    """Run a command of a batch, or break it as a fault says."""
    found = [one for one in call.portal.faults if one.method == name and one.kind in OF_ONE_COMMAND]
    fault = strike(found, name, call.cloud.chance)
    if fault and fault.kind in REFUSALS:
        raise REFUSALS[fault.kind]
    return perform(name, replace(call, fails_inside=True) if fault else call)


def _has(call: Call, name: str) -> bool:
    """A method of a missing module or scope looks like one that is not there (trap 24)."""
    if name.startswith("department.") and "department" not in call.portal.scope.split(","):
        return False
    return call.portal.bots_v2 or not name.startswith("imbot.v2.")


def method_get(call: Call) -> dict[str, bool]:
    """Whether a method exists and may be called."""
    known = as_text(call.params.get("name")).lower() in HANDLERS
    return {"isExisting": known, "isAvailable": known}


HANDLERS["method.get"] = method_get
HANDLERS["batch"] = lambda call: batch.run(call, _perform_inside)
