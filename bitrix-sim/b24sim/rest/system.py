"""app.info, scope, method.get, server.time, imbot.v2.Revision.get (contract 4.11, 8)."""

from typing import Any

from b24sim.clock import iso
from b24sim.rest.call import Call, Handler


def app_info(call: Call) -> dict[str, Any]:
    """The application on this portal; `INSTALLED` is false until installFinish."""
    portal = call.portal
    return {
        "ID": 71,
        "CODE": "teachbase.ai",
        "VERSION": portal.version,
        "STATUS": portal.status,
        "INSTALLED": portal.installed,
        "PAYMENT_EXPIRED": "Y" if portal.payment_expired else "N",
        "DAYS": None,
        "LANGUAGE_ID": portal.language,
        "LICENSE": portal.license,
        "LICENSE_TYPE": portal.license.partition("_")[2],
        "LICENSE_FAMILY": portal.license.partition("_")[2],
    }


def scope(call: Call) -> list[str]:
    """The granted scopes."""
    return call.portal.scope.split(",")


def server_time(call: Call) -> str:
    """The portal's clock."""
    return iso(call.told_at)


def revision(_call: Call) -> dict[str, int]:
    """Revisions of the messenger's API; v2 bots need rest 33."""
    return {"rest": 36, "web": 131, "mobile": 23, "desktop": 6}


METHODS: dict[str, Handler] = {
    "app.info": app_info,
    "scope": scope,
    "server.time": server_time,
    "imbot.v2.Revision.get": revision,
}
