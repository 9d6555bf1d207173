"""Values of this context."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from kit import ids

DEFAULT_LANGUAGE = "ru"
"""Of portals that have told none."""


class Outcome(StrEnum):
    """What became of a request to the events address."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"
    REFUSED = "refused"
    UNPARSABLE = "unparsable"
    ERROR = "error"


def dialog_id_of(portal_id: UUID, provider_dialog_id: str) -> UUID:
    """Return the id of a dialog: derived, so that no look-up is needed to store a message."""
    return uuid5(portal_id, f"dialog|{provider_dialog_id}")


def reply_id_of(message_id: UUID, part: int) -> UUID:
    """Return the id of a part of the answer to a message: derived, so that a repeated job makes the same row."""
    return ids.derive(message_id, "reply", part, after_ms=1 + part)


@dataclass(frozen=True)
class RawEvent:
    """One request to the events address as the gateway took it. `id` is also its trace id."""

    id: UUID
    received_at: datetime
    method: str
    path: str
    content_type: str
    body: bytes = field(repr=False)
    body_truncated: bool
    headers: dict[str, str] = field(repr=False)
    remote_ip: str


@dataclass(frozen=True)
class KnownPortal:
    """What ingest must know of a portal. `token_hashes`: SHA-256 of its valid application tokens."""

    id: UUID
    state: str
    bot_id: int
    token_hashes: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True)
class Incoming:
    """A message that an event brings. `kind`: text, command or join (the bot was let into a dialog)."""

    provider_dialog_id: str
    provider_dialog_id_raw: str
    is_private: bool
    provider_message_id: int
    author_id: int
    departments: tuple[int, ...]
    kind: str
    body: str


class Amendment(StrEnum):
    """What an event does to a message that is there."""

    EDIT = "edit"
    DELETE = "delete"


@dataclass(frozen=True)
class Verdict:
    """What an event is, before it is stored. `key`: what makes it the same event when it comes again.

    `amends`: it edits or deletes the message `amended_id` (of Bitrix24); of an edit `message` is the new text, to
    be asked as a question of its own where the old one is answered already.
    """

    outcome: Outcome
    reason: str
    portal_id: UUID
    key: str = ""
    message: Incoming | None = None
    message_state: str = "pending"
    is_notice: bool = False
    """Of the application's life: portal is told."""
    amends: Amendment | None = None
    amended_id: int = 0
    reaction: "Reaction | None" = None
    """It is feedback on an answer."""


@dataclass(frozen=True)
class Reaction:
    """A person put a reaction under a message of the bot (Bitrix24's id), or took it away."""

    provider_message_id: int
    user_id: int
    name: str
    is_added: bool


@dataclass(frozen=True)
class Receipt:
    """What the gateway is told of an event."""

    id: UUID
    outcome: Outcome
    reason: str
    message_id: UUID | None


@dataclass(frozen=True)
class Notice:
    """An event of the application's life. The tokens are sealed."""

    portal_id: UUID
    id: UUID
    member_id: str
    event: str
    is_proven: bool
    clean: bool
    token_hash: bytes
    access_token: bytes = field(repr=False)
    refresh_token: bytes = field(repr=False)
    expires_in: int
    server_endpoint: str
    remote_ip: str
    probe: str = ""
    """Of ONAPPTEST: which probe of portal's it echoes."""
    attempts: int = 0


@dataclass(frozen=True)
class Fetch:
    """A portal whose events are asked for: where to go on, for how many rounds it had none or failed."""

    portal_id: UUID
    member_id: str
    next_offset: int
    quiet: int
    failures: int
    ends_at: datetime | None


@dataclass(frozen=True)
class ClaimedDialog:
    """A dialog that this worker holds."""

    portal_id: UUID
    id: UUID
    provider_dialog_id: str
    is_private: bool
    greeted: bool
    pending_since: datetime


@dataclass(frozen=True)
class Question:
    """A message that is owed a reply, with what decides who may ask."""

    id: UUID
    portal_id: UUID
    dialog_id: UUID
    provider_message_id: int
    author_id: int
    kind: str
    body: str
    created_at: datetime
    is_allowed: bool
    refused_at: datetime | None
    limit_told_at: datetime | None
    """When its author was told of the plan's limit last."""
    portal_state: str
    bot_id: int
    language: str
    revision: int


@dataclass(frozen=True)
class Quota:
    """Whether a reply is within the plan; `limit` and `resets_at` where it is not."""

    granted: bool
    limit: str
    resets_at: datetime | None
    features: frozenset[str] = frozenset()
    """What the plan allows: llm, citations."""


@dataclass(frozen=True)
class Button:
    """A button under a message: gives the bot a `command` (no slash), or says something for who presses it.

    `params` come back with the command; anybody can forge them.
    """

    text: str
    command: str = ""
    params: str = ""
    say: str = ""


@dataclass(frozen=True)
class Reply:
    """A part of an answer, fixed before it is sent. `priority` 1 = a person waits, 2 = bulk.

    `position` orders the replies of a dialog like the questions: the Bitrix24 id of the message answered.
    """

    id: UUID
    portal_id: UUID
    dialog_id: UUID
    provider_dialog_id: str
    trace_id: UUID
    position: int
    part: int
    body: str
    reply_to: UUID | None
    reply_to_provider_id: int
    author_id: int
    priority: int
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True)
class ModelCall:
    """What a call of a model cost: `id` is its own, `message_id` the question, if that was a message."""

    portal_id: UUID
    id: UUID
    model: str
    prompt_tokens: int
    completion_tokens: int
    message_id: UUID | None


@dataclass(frozen=True)
class Handled:
    """What became of a question: `state` answered or ignored, and the steps for the flight recorder."""

    question: Question
    state: str
    reason: str
    steps: list[dict[str, Any]]


@dataclass(frozen=True)
class Dialog:
    """A dialog as it is looked at."""

    id: UUID
    portal_id: UUID
    provider_dialog_id: str
    provider_dialog_id_raw: str
    user_id: int
    kind: str
    state: str
    last_message_at: datetime
    created_at: datetime


@dataclass(frozen=True)
class Message:
    """A message as it is looked at."""

    id: UUID
    portal_id: UUID
    dialog_id: UUID
    trace_id: UUID
    provider_message_id: int
    direction: str
    author_id: int
    body: str
    state: str
    reason: str
    reply_to: UUID | None
    steps: list[dict[str, Any]]
    created_at: datetime


@dataclass(frozen=True)
class Event:
    """A line of what happened."""

    id: UUID
    portal_id: UUID
    trace_id: UUID
    type: str
    provider_event: str
    provider_event_id: str
    dialog_id: UUID | None
    message_id: UUID | None
    reason: str
    payload: dict[str, Any]
    created_at: datetime


@dataclass(frozen=True)
class InboundEvent:
    """A row of the blackbox."""

    id: UUID
    portal_id: UUID
    received_at: datetime
    stored_at: datetime
    method: str
    path: str
    domain: str
    member_id: str
    event: str
    dialog_id: str
    user_id: int
    content_type: str
    body_truncated: bool
    body_sha256: bytes
    remote_ip: str
    outcome: Outcome
    reason: str


@dataclass(frozen=True)
class Batch:
    """Dialogs held under one lease."""

    token: UUID
    dialogs: list[ClaimedDialog]


@dataclass(frozen=True)
class Explanation:
    """Why a message was answered as it was."""

    portal_id: UUID
    message_id: UUID
    kind: str
    detail: Mapping[str, Any]
    took_ms: int
    cited: frozenset[tuple[UUID, UUID]] = frozenset()
    """The documents that are quoted: portal and id."""
