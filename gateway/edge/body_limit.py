"""No route but uploads keeps more than a mebibyte; events do not come this way (edge.events_address)."""

import asyncio
import contextlib

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.errors import envelope

MAX_BODY = 1024 * 1024
UPLOADS = {"/v1/portal/kb/upload": 101 * MAX_BODY}
"""Routes that take files, and the bytes of a request: a file of 100 MB and what stands around it."""
_MOST_DROPPED = 64 * MAX_BODY
"""Beyond twice what a route takes: a sender of that much is no user with too large a file."""
_DROP_S = 10.0


class BodyLimit:
    """Answers 413 to a body that says it is too long, and to one that turns out to be."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = UPLOADS.get(scope["path"], MAX_BODY)
        too_large = f"The body is longer than {limit} bytes."
        said = dict(scope["headers"]).get(b"content-length", b"")
        if said.isdigit() and int(said) > limit:
            await _drop(receive, _MOST_DROPPED + 2 * limit)
            await envelope(413, "body_too_large", too_large)(scope, receive, send)
            return
        seen = 0

        async def receive_counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                if message.get("more_body"):
                    await _drop(receive, _MOST_DROPPED + 2 * limit)
                raise HTTPException(413, too_large)  # the one exception that FastAPI lets pass while it reads
            return message

        await self._app(scope, receive_counted, send)


async def _drop(receive: Receive, most: int) -> None:
    """Read on without keeping: who still sends when the connection closes never reads the answer."""
    dropped = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_DROP_S):
            while dropped < most:
                message = await receive()
                dropped += len(message.get("body", b""))
                if not message.get("more_body"):
                    return
