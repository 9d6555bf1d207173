"""The control API: what tests and the page do to portals, and the truth they read (README)."""

from starlette.routing import Route

from b24sim.control import chats, install, logs, messages, portals
from b24sim.control.request import ControlError, refused

ROUTES: list[Route] = [
    *portals.ROUTES,
    *install.ROUTES,
    *messages.ROUTES,
    *chats.ROUTES,
    *logs.ROUTES,
]
EXCEPTION_HANDLERS = {ControlError: refused}
