"""The address that Bitrix24 posts events to: read, hand on, answer (contract 5.1).

Served below the framework, where more than half of the gateway's time for an event went to what it does not need.
GET, HEAD and OPTIONS are routes like any other.
"""

import time
from types import SimpleNamespace
from typing import Any

import orjson
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from edge.errors import ApiError, envelope
from edge.intake import Intake
from edge.pace import Pace
from edge.schemas.failure import FAILURE_SCHEMA
from kit import trace
from teachbase.messaging.v1 import messaging_pb2 as pb

PATH = "/v1/bitrix/events"
_ROUTE = SimpleNamespace(path=PATH)
"""As the framework leaves it for those that it knows."""
MAX_BODY = 1024 * 1024
MAX_IP = 64
_MAX_DISCARDED = 16 * 1024 * 1024
_MAX_HEADERS = 60
_DESCRIPTION = {
    "tags": ["bitrix"],
    "summary": "Events of Bitrix24",
    "description": "Makes an event durable and answers 200, whatever it is: what it is worth is decided later.",
    "operationId": "take_event_v1_bitrix_events_post",
    "requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": {"type": "object"}}}},
    "responses": {
        "200": {"description": "Durable", "content": {"application/json": {"schema": {}}}},
        "default": {"description": "Not kept", "content": {"application/json": {"schema": FAILURE_SCHEMA}}},
    },
}


class BodyCutError(Exception):
    """The sender went away before its body's end."""


class EventsAddress:
    """Takes events; every other request goes on."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Make an event durable and answer 200.

        A refused event gets the very same answer, so that nobody learns which portals exist.
        """
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        scope["route"] = _ROUTE
        intake: Intake = scope["app"].state.intake
        pace: Pace = scope["app"].state.pace
        began = time.perf_counter()
        try:
            event = _event(scope, *await _read(receive))
            await intake.take(event)
        except BodyCutError:
            await envelope(400, "body_cut", "The body ended before its length.")(scope, receive, send)
        except ApiError as error:
            await envelope(error.status, error.error, error.message, error.detail)(scope, receive, send)
        else:
            await _answer(send, orjson.dumps({"status": "ok", "trace_id": event.trace_id}))
            pace.saw(time.perf_counter() - began)


def describe(app: FastAPI) -> None:
    """Have /openapi.json name the address, which is no route of the framework."""
    described = app.openapi

    def openapi() -> dict[str, Any]:
        schema = described()
        schema["paths"][PATH]["post"] = _DESCRIPTION
        return schema

    app.openapi = openapi  # type: ignore[method-assign] # the framework's own way to extend it


def _event(scope: Scope, body: bytes, truncated: bool) -> pb.RawEvent:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    client = scope.get("client")
    event = pb.RawEvent(
        trace_id=trace.current.get(),
        method="POST",
        path=PATH,
        content_type=headers.get("content-type", "")[:255],
        body=body,
        body_truncated=truncated,
        headers={name[:64]: value[:512] for name, value in list(headers.items())[:_MAX_HEADERS]},
        # As uvicorn took it from the proxy, which does not look whether it is an address.
        remote_ip=client[0][:MAX_IP] if client else "",
    )
    event.received_at.GetCurrentTime()
    return event


async def _read(receive: Receive) -> tuple[bytes, bool]:
    """Return at most MAX_BODY bytes of the body and whether it was longer; the rest is read and dropped."""
    body, seen = bytearray(), 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BodyCutError
        chunk = message.get("body", b"")
        seen += len(chunk)
        body += chunk[: MAX_BODY - len(body)]
        if not message.get("more_body") or seen > _MAX_DISCARDED:
            return bytes(body), seen > MAX_BODY


async def _answer(send: Send, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
