"""Typed views of the events on the wire, the same for both generations (contract 5.3 to 5.5).

Every value of a form is a string, and empty ones are absent: views have a default for all.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class EventKind(StrEnum):
    """What happened, whichever generation tells it."""

    MESSAGE_ADD = "message_add"
    MESSAGE_UPDATE = "message_update"
    MESSAGE_DELETE = "message_delete"
    JOIN_CHAT = "join_chat"
    COMMAND_ADD = "command_add"
    CONTEXT_GET = "context_get"
    REACTION_CHANGE = "reaction_change"
    BOT_DELETE = "bot_delete"
    APP = "app"
    """Install, update, payment, uninstall, test: the life cycle of the application."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Chat:
    """Where it happened."""

    dialog_id: str = ""
    """A user id (private) or chatNNN; as the bot addresses it (contract 4.4)."""
    is_private: bool = True
    is_extranet: bool = False
    is_open_line: bool = False


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it."""

    id: int = 0
    is_bot: bool = False
    is_extranet: bool = False
    is_connector: bool = False
    is_active: bool = True
    type: str = ""
    """employee, extranet, email, collaber, bot; empty where not told."""
    departments: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """The message it is about."""

    id: int = 0
    author_id: int = 0
    text: str = ""
    is_system: bool = False
    file_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """The command given."""

    id: int = 0
    name: str = ""
    """Without the slash, lower case."""
    params: str = ""
    from_keyboard: bool = False


@dataclass(frozen=True, slots=True)
class Application:
    """What a life-cycle event says besides (contract 1.4); its tokens are of whoever installed."""

    clean: bool = False
    """Of ONAPPUNINSTALL: the portal's data is to be deleted."""
    refresh_token: str = field(default="", repr=False)
    expires_in: int = 0
    server_endpoint: str = ""
    probe: str = ""
    """Of ONAPPTEST: what our event.test was called with under this name."""


@dataclass(frozen=True, slots=True)
class WireEvent:
    """One event. `application_token` proves it; nothing else of `auth` is to be believed (contract 1.5)."""

    name: str
    """As Bitrix24 calls it, upper case; empty when the body names none."""
    kind: EventKind
    member_id: str
    domain: str
    application_token: str = field(repr=False)
    access_token: str = field(repr=False)
    """Of the user who caused it; proves the event where the OAuth server confirms it (contract 1.5)."""
    sent_at: str
    """`ts`: when the queue sent it; tells two events apart, never the time of the message (trap 52)."""
    bot_id: int = 0
    chat: Chat = Chat()
    actor: Actor = Actor()
    message: Message = Message()
    command: Command = Command()
    reaction: str = ""
    context: Mapping[str, Any] | None = field(default=None, repr=False)
    """Of a deep link, made by whoever made the link: to be read as text and nothing more (contract 4.9)."""
    application: Application = Application()
    event_id: int = 0
    """Of an event that was fetched; 0 of one that was pushed."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A page of fetch mode (contract 5.6). Asking from `next_offset` deletes what came before: commit first."""

    events: tuple[WireEvent, ...]
    next_offset: int
    has_more: bool


def as_map(value: object) -> dict[str, Any]:
    """Return `value` where it is a map, else an empty one: absent, an empty PHP array, a stranger's text."""
    return value if isinstance(value, dict) else {}


def as_text(value: object) -> str:
    """Return a scalar as text, "" where it is absent or not a scalar."""
    if isinstance(value, str):
        return value.replace("\0", "")  # JSON may bring one; a text of Postgres holds none
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def as_id(value: object) -> int:
    """Return a positive int64, 0 for anything else."""
    text = as_text(value)
    if text.isascii() and text.isdigit() and len(text) <= 19 and (number := int(text)) < 1 << 63:
        return number
    return 0


def as_flag(value: object) -> bool:
    """Return a PHP boolean: "1", "Y", "true" are true; "0", "N", "" and absent are not (trap 9)."""
    return value is True or as_text(value).lower() in {"1", "y", "true"}


def as_ids(value: object) -> tuple[int, ...]:
    """Return a list of ids that a form turned into a map keyed by position, or a JSON list."""
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return tuple(number for number in map(as_id, items) if number)


_MENTION = re.compile(r"\[USER=(\d+)[^\]]*\](.*?)\[/USER\]", re.IGNORECASE | re.DOTALL)


def mentions(text: str, user_id: int) -> bool:
    """Return whether `text` mentions the user (contract 5.4)."""
    return any(as_id(match[1]) == user_id for match in _MENTION.finditer(text))


def without_mentions(text: str, bot_id: int) -> str:
    """Return the text a person meant: our own mention dropped, others reduced to their names (trap 14)."""
    said = _MENTION.sub(lambda match: "" if as_id(match[1]) == bot_id else match[2], text)
    return said.strip().lstrip(",:").strip()
