"""The few moves of raw ASGI that the hot path needs."""

from typing import Any

from starlette.types import Receive, Scope, Send

JSON = b"application/json; charset=utf-8"
HTML = b"text/html; charset=UTF-8"
BODY_LIMIT = 16 * 1024 * 1024


class BodyTooLargeError(Exception):
    """The request body is over the limit."""


async def read_body(receive: Receive) -> bytes:
    """The whole request body; raises BodyTooLargeError over 16 MiB."""
    message = await receive()
    body = bytearray(message.get("body", b""))
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
        if len(body) > BODY_LIMIT:
            raise BodyTooLargeError
    return bytes(body)


async def respond(send: Send, status: int, body: bytes, content_type: bytes = JSON) -> None:
    """Answer in one piece."""
    headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def redirect(send: Send, location: str) -> None:
    """Answer 302, as the platform's web server does."""
    headers = [(b"content-type", HTML), (b"location", location.encode()), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 302, "headers": headers})
    await send({"type": "http.response.body"})


async def hang(receive: Receive) -> None:
    """Answer nothing until the client goes away."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def drop(scope: Scope, receive: Receive) -> None:
    """Close the connection without a byte of an answer; needs `server.Protocol`."""
    transport: Any = scope["extensions"]["b24sim"]["transport"]
    transport.close()
    await hang(receive)


def host_of(scope: Scope) -> str:
    """The host the client called, without its port."""
    return header(scope, b"host").partition(":")[0]


def header(scope: Scope, name: bytes) -> str:
    """A request header by its lower-case name; "" where it is absent."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value, "latin-1")
    return ""
