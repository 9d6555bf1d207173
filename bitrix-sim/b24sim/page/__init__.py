"""The page for people: a messenger of a portal in the browser, with the tester's panel beside it."""

from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from b24sim.page import shell, state

ROUTES: list[BaseRoute] = [
    Route("/", shell.index),
    Route("/api/v1/", shell.library),
    Route("/page/state/{member_id}", state.state),
    Mount("/static", StaticFiles(directory=shell.FOLDER / "static")),
]
