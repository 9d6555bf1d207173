"""One line of a log as the console shows it, and what is asked of lines."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeAlias

import orjson

from edge.errors import ApiError
from kit.log import redact

Stream: TypeAlias = Literal["backend", "worker", "nginx"]
SERVICES: dict[str, tuple[str, ...]] = {
    "backend": ("gateway", "portal", "messaging", "delivery", "billing"),
    "worker": ("portal-worker", "messaging-worker", "knowledge-worker", "delivery-worker", "billing-worker"),
    "nginx": ("envoy",),
}
"""Of each stream, as the processes call themselves."""
REQUEST = "request"
"""The event of a line of the gateway's own access log."""
_OWN = {"at", "logged_at", "timestamp", "service", "level", "event", "trace_id", "portal_id"}
_CURSOR = re.compile(r"(\d{1,20})~(\d{1,9})")
_SECRET = re.compile(
    r"(?i)((?:token|secret|password|authorization|auth_id|refresh_id|api_key)\W{1,4})[^\s\"',&}]+"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Wanted:
    """Which lines; what is empty is not looked at."""

    services: tuple[str, ...]
    event: str = ""
    trace_id: str = ""
    portal_id: str = ""
    level: str = ""
    text: str = ""
    """A part of the line, in whatever case."""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Cursor:
    """Where a page ended: at a moment, in ns, of which so many lines were shown."""

    at_ns: int
    shown: int

    def __str__(self) -> str:
        """Return it as callers keep it."""
        return f"{self.at_ns}~{self.shown}"


@dataclass(frozen=True)
class Line:
    """A line of a log."""

    at_ns: int
    service: str
    level: str | None
    event: str
    trace_id: str | None
    portal_id: str | None
    fields: dict[str, Any]


def cursor(text: str) -> Cursor | None:
    """Read a cursor; None = from the newest. Raises ApiError 400."""
    if not text:
        return None
    match = _CURSOR.fullmatch(text)
    if match is None:
        raise ApiError(400, "invalid_argument", "cursor: is not one of this list")
    return Cursor(int(match[1]), int(match[2]))


def nanoseconds(moment: datetime) -> int:
    """Return a moment in ns since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


def moment(at_ns: int) -> datetime:
    """Return the moment of some ns since 1970, to the microsecond."""
    return _EPOCH + timedelta(microseconds=at_ns // 1000)


def read(raw: bytes | str, service: str) -> Line | None:
    """Return what a line says; None for one that is not of our making."""
    try:
        said = orjson.loads(raw)
        # A proxy's line is written when its request ends, and `at` is when that began.
        at = datetime.fromisoformat(said.get("timestamp") or said.get("logged_at") or said["at"])
        at_ns = nanoseconds(at)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    event = said.get("event") or " ".join(str(said[key]) for key in ("method", "path", "status") if said.get(key))
    shown = _redacted(said)
    return Line(
        at_ns=at_ns,
        service=said.get("service") or service,
        level=said.get("level"),
        event=_redacted(str(event)),
        trace_id=said.get("trace_id") or None,
        portal_id=said.get("portal_id") or None,
        fields={key: value for key, value in shown.items() if key not in _OWN},
    )


def plain(words: str, service: str, at_ns: int) -> Line:
    """Return words that are not of our making, like those of a process that dies."""
    return Line(at_ns, service, None, _redacted(words), None, None, {})


def is_wanted(line: Line, wanted: Wanted) -> bool:
    """Whether a line that holds the words also means them."""
    return (
        line.service in wanted.services
        and wanted.event in {"", line.event}
        and wanted.trace_id in {"", line.trace_id}
        and wanted.portal_id in {"", line.portal_id}
        and wanted.level in {"", line.level}
        and (wanted.until is None or line.at_ns < nanoseconds(wanted.until))
    )


def _redacted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _redacted(one) for key, one in redact(None, "", value).items()}
    if isinstance(value, list):
        return [_redacted(one) for one in value]
    return _SECRET.sub(r"\1***", value) if isinstance(value, str) else value
