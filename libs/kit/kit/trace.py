"""One W3C trace id from the webhook to the send. The id is a UUIDv7 in hex, so it also tells the time."""

import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from kit import ids

current: ContextVar[str] = ContextVar("trace_id", default="")
"""The trace id that the running task works for; empty outside of any."""

span: ContextVar[str] = ContextVar("span_id", default="")
"""The span (kit.tracing) that the running task is within, or was called from; empty where none is known."""

HEADER = "traceparent"
_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")


def new_trace_id() -> str:
    """Return a new trace id: 32 lower-case hex digits."""
    return ids.uuid7().hex


def traceparent(trace_id: str) -> str:
    """Return the W3C header for a call made under `trace_id`."""
    return f"00-{trace_id}-{span.get() or secrets.token_hex(8)}-01"


def parse(header: str | None) -> str | None:
    """Return the trace id of a `traceparent` header, or None when there is none or it is not one."""
    match = _TRACEPARENT.fullmatch(header or "")
    return match[1] if match and match[1] != "0" * 32 else None


def parent(header: str | None) -> str:
    """Return the span id of a `traceparent` header, "" when there is none or it is not one."""
    match = _TRACEPARENT.fullmatch(header or "")
    return match[2] if match and match[2] != "0" * 16 else ""


@contextmanager
def under(trace_id: str) -> Iterator[None]:
    """Work under a trace, outside of any span of another."""
    if trace_id == current.get():
        yield
        return
    tokens = current.set(trace_id), span.set("")
    try:
        yield
    finally:
        current.reset(tokens[0])
        span.reset(tokens[1])


@contextmanager
def under_the_one(trace_ids: Iterable[str]) -> Iterator[None]:
    """Work under the trace of all that is done together, where it is one; else under that of the task."""
    ones = set(trace_ids)
    with under(ones.pop() if len(ones) == 1 else current.get()):
        yield
