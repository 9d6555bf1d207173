"""The uvicorn server of the simulator: its protocol lets a fault close the connection."""

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

BACKLOG = 2048
KEEP_ALIVE_SECONDS = 75


class Protocol(HttpToolsProtocol):
    """Shows the transport of a request to the application."""

    def on_message_begin(self) -> None:
        """Add the transport to the scope that uvicorn has just made."""
        super().on_message_begin()
        self.scope["extensions"] = {"b24sim": {"transport": self.transport}}


def build_server(app: ASGIApp, host: str, port: int, certificate: str | None = None) -> uvicorn.Server:
    """A server ready to serve; port 0 takes a free one; `certificate` is a PEM file with key and chain."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=Protocol,
        loop="uvloop",
        lifespan="on",
        access_log=False,
        log_level="warning",
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=2,
        ssl_certfile=certificate,
    )
    return uvicorn.Server(config)
