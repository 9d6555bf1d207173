"""Values of this context."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

INTERACTIVE = 1
"""The priority of what a person waits for; 2 = bulk."""


class State(StrEnum):
    """The states of an outbox item (the proto says what each means)."""

    CREATED = "created"
    SENDING = "sending"
    UNKNOWN = "unknown"
    RETRY = "retry"
    SENT = "sent"
    DEAD = "dead"


@dataclass(frozen=True)
class Bot:
    """The bot of a portal. Sends of a classic one have no idempotency key: at-least-once (contract 4.1)."""

    id: int
    is_classic: bool = False


@dataclass(frozen=True)
class Button:
    """A button under a message: gives the bot a `command` (no slash), or says something for who presses it."""

    text: str
    command: str = ""
    params: str = ""
    say: str = ""


@dataclass(frozen=True)
class OutboundMessage:
    """A message to be sent; `priority` 1 = a person waits, 2 = bulk."""

    id: UUID
    portal_id: UUID
    dialog_id: UUID
    provider_dialog_id: str
    part: int
    body: str
    reply_to_provider_id: int
    priority: int
    trace_id: str
    buttons: tuple[Button, ...] = ()

    @property
    def uuid(self) -> str:
        """The idempotency key: a lower-case UUIDv4-shaped hash, the only form that counts (contract 4.6)."""
        digest = hashlib.sha256(f"b24-out|{self.portal_id}|{self.id}|{self.part}".encode()).digest()
        return str(UUID(bytes=digest[:16], version=4))


@dataclass(frozen=True)
class Claimed:
    """An outbox item that a worker holds and is about to send."""

    id: UUID
    portal_id: UUID
    dialog_id: UUID
    provider_dialog_id: str
    body: str
    buttons: tuple[Button, ...]
    reply_to_provider_id: int
    uuid: str
    trace_id: str
    priority: int
    attempts: int
    state_before: State
    unknown_since: datetime | None
    created_at: datetime


@dataclass(frozen=True)
class Attempt:
    """One request made for an item. `wait_ms`: time spent waiting for the portal's rate budget."""

    at: datetime
    outcome: str
    status: int
    code: str
    latency_ms: int
    wait_ms: int
    request_id: str
    """Attempts of one request share it."""


@dataclass(frozen=True)
class Settled:
    """What became of a claimed item: its new state and, where a request was made, the attempt."""

    item: Claimed
    state: State
    due_at: datetime
    cause: str
    next_step: str
    provider_message_id: int
    attempts: int
    unknown_since: datetime | None
    attempt: Attempt | None


@dataclass(frozen=True)
class OutboxItem:
    """An outbox item as it is looked at."""

    id: UUID
    portal_id: UUID
    dialog_id: UUID
    provider_dialog_id: str
    part: int
    state: State
    attempts: int
    due_at: datetime
    cause: str
    next_step: str
    provider_message_id: int
    uuid: str
    trace_id: str
    created_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class News:
    """What followers are told of an item: how it ended, or that it is taken up again (`retry`, `unknown`)."""

    portal_id: UUID
    message_id: UUID
    dialog_id: UUID
    state: State
    provider_message_id: int
    cause: str
    trace_id: str


@dataclass(frozen=True, kw_only=True)
class Outcome(News):
    """A line of the change feed."""

    cursor: int
    at: datetime


@dataclass(frozen=True)
class DeadFilter:
    """Which dead letters; what is absent is not looked at. `cause`: the code that the cause begins with."""

    portal_id: UUID | None
    dialog_id: UUID | None
    cause: str
    since: datetime | None
    until: datetime | None


@dataclass(frozen=True)
class Lane:
    """A portal's lane, held by this worker with what may be sent now: one worker at a time sends for a portal."""

    portal_id: UUID
    token: UUID
    limited_since: datetime | None
    items: tuple[Claimed, ...] = ()


@dataclass(frozen=True)
class LaneEnd:
    """How a lane is let go: until when it is parked (None = it is not), what holds it up and who can help.

    `took_ms`: for how long its turn held a place.
    """

    lane: Lane
    parked_until: datetime | None
    limited_since: datetime | None
    cause: str
    next_step: str = ""
    took_ms: int = 0
