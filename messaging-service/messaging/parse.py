"""From raw bytes to a typed event: form first, JSON by its Content-Type (contract 5.1, trap 8)."""

from dataclasses import dataclass

import orjson

from bitrix import phpform, wire
from bitrix.events import WireEvent
from messaging.domain import RawEvent


@dataclass(frozen=True)
class Parsed:
    """An event, or the stable code of why the body is none (then `event` is empty)."""

    event: WireEvent
    error: str


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
    event = wire.read(decoded.fields)
    return Parsed(event, "" if event.name else "no_event")


def _parse_json(body: bytes) -> Parsed:
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError:
        return Parsed(_NOTHING, "not_json")
    if not isinstance(fields, dict):
        return Parsed(_NOTHING, "not_an_object")
    event = wire.read(fields)
    return Parsed(event, "" if event.name else "no_event")
