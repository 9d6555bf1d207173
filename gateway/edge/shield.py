"""What every answer tells a browser: how little it may do with it. Pages say more of themselves (edge.pages)."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ALWAYS = {
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cache-control": b"no-store",
}
_HTTPS_ONLY = (b"strict-transport-security", b"max-age=31536000")


class Shield:
    """Adds to each answer what it does not say itself; `https` is whether the public address is one of https."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._headers = [*_ALWAYS.items(), *([_HTTPS_ONLY] if https else [])]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_shielded(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(one for one in self._headers if one[0] not in said)]
            await send(message)

        await self._app(scope, receive, send_shielded)
