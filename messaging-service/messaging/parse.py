"""From raw bytes to a typed event: form first, JSON by its Content-Type (contract 5.1, trap 8)."""

import hashlib
from dataclasses import dataclass
from typing import Any

import orjson

from bitrix import phpform, wire
from bitrix.events import WireEvent
from messaging.domain import RawEvent


@dataclass(frozen=True)
class Parsed:
    """An event, or the stable code of why the body is none (then `event` is empty).

    `token_hash` is the SHA-256 of its application token, b"" where there is none: it proves the event as well as
    the token does, and may be stored. `is_fetched`: we asked the portal for it, so it needs no proof.
    """

    event: WireEvent
    error: str
    token_hash: bytes = b""
    is_fetched: bool = False


_NOTHING = wire.read({})


def parse(raw: RawEvent) -> Parsed:
    """Read a body. Never raises, whatever the bytes."""
    if raw.body_truncated:
        return Parsed(_NOTHING, "too_large")
    if not raw.body:
        return Parsed(_NOTHING, "empty_body")
    if "json" in raw.content_type.lower():
        return _parse_json(raw.body)
    decoded = phpform.decode(raw.body)
    if decoded.error:
        return Parsed(_NOTHING, decoded.error)
    return _read(decoded.fields)


def _parse_json(body: bytes) -> Parsed:
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError:
        return Parsed(_NOTHING, "not_json")
    if not isinstance(fields, dict):
        return Parsed(_NOTHING, "not_an_object")
    return _read(fields)


def _read(fields: dict[str, Any]) -> Parsed:
    event = wire.read(fields)
    token = event.application_token
    token_hash = hashlib.sha256(token.encode()).digest() if token else b""
    return Parsed(event, "" if event.name else "no_event", token_hash)
