"""One W3C trace id from the webhook to the send. The id is a UUIDv7 in hex, so it also tells the time."""

import re
import secrets
from contextvars import ContextVar

from kit import ids

current: ContextVar[str] = ContextVar("trace_id", default="")
"""The trace id that the running task works for; empty outside of any."""

HEADER = "traceparent"
_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


def new_trace_id() -> str:
    """Return a new trace id: 32 lower-case hex digits."""
    return ids.uuid7().hex


def traceparent(trace_id: str) -> str:
    """Return the W3C header for a call made under `trace_id`."""
    return f"00-{trace_id}-{secrets.token_hex(8)}-01"


def parse(header: str | None) -> str | None:
    """Return the trace id of a `traceparent` header, or None when there is none or it is not one."""
    match = _TRACEPARENT.fullmatch(header or "")
    return match[1] if match and match[1] != "0" * 32 else None
