"""One request in full, as somebody looks at it who wants to know what happened to it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncEngine

from bitrix import phpform
from messaging import hints
from messaging.domain import InboundEvent
from messaging.errors import InboundEventNotFound
from messaging.repository import reading
from messaging.repository import replay as statements

_MAX_DEPTH = 20
_DEEPER = "..."


@dataclass(frozen=True)
class Detail:
    """A row of the blackbox in full; `parsed` is JSON, empty where the body cannot be read."""

    event: InboundEvent
    headers: dict[str, str]
    body: bytes
    parsed: bytes
    hints: list[str]


class Details:
    """Looks rows up."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def of(self, event_id: UUID) -> Detail:
        """Return a row in full. Raises InboundEventNotFound."""
        async with self._engine.connect() as conn:
            stored = await statements.find(conn, event_id)
            row = await reading.find_inbound(conn, event_id)
        if stored is None or row is None:
            raise InboundEventNotFound(id=event_id)
        raw = stored.raw
        return Detail(
            event=row,
            headers=raw.headers,
            body=raw.body,
            parsed=_fields(raw.body, raw.content_type),
            hints=hints.of(row.outcome, row.reason, is_cut=raw.body_truncated, is_proven=bool(stored.token_hash)),
        )


def _fields(body: bytes, content_type: str) -> bytes:
    """Return a body's fields as JSON, b"" where it has none. The body is redacted, so they are."""
    if "json" not in content_type.lower():
        decoded = phpform.decode(body)
        return orjson.dumps(decoded.fields) if not decoded.error else b""
    try:
        return orjson.dumps(_shallow(orjson.loads(body), _MAX_DEPTH))
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return b""


def _shallow(value: Any, depth: int) -> Any:
    """Return a value with what is nested too deep to be looked at left out."""
    if not isinstance(value, dict | list):
        return value
    if not depth:
        return _DEEPER
    if isinstance(value, list):
        return [_shallow(one, depth - 1) for one in value]
    return {name: _shallow(one, depth - 1) for name, one in value.items()}
