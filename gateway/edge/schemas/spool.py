"""Shapes of the gateway's own queue (docs/interfaces.md)."""

from typing import Literal

from pydantic import BaseModel


class BrokenSegment(BaseModel):
    """A file of the spool that could not be read to its end; it is kept for a person to look at."""

    id: str
    created_at: str
    size: int


class SpoolState(BaseModel):
    """What waits in the gateway, and why."""

    state: Literal["empty", "draining", "waiting"]
    depth: int
    waiting_s: int
    bytes: int
    reason: str | None
    """A stable code of why events wait; null where they do not."""
    cause: str | None
    next_step: str | None
    set_aside: int
    broken: list[BrokenSegment]
    disk_free_mb: int
    not_durable: int
    """Events answered 503 since the gateway started."""
    last_not_durable_at: str | None
    last_not_durable_cause: str | None


class SetAsideEvent(BaseModel):
    """An event that messaging refused for good."""

    id: str
    created_at: str
    trace_id: str
    received_at: str | None
    size: int
    """Bytes of its body."""
    body_truncated: bool
    content_type: str
    remote_ip: str
    reason: str | None
    """Messaging's code; null = not known any more."""
    cause: str | None


class Requeued(BaseModel):
    """What became of an event that messaging took after all."""

    id: str
    trace_id: str
    outcome: str
    reason: str | None
    message_id: str | None
