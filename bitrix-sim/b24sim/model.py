"""What a portal holds: employees, bots, commands, chats, messages, bindings. Plain records, no behaviour."""

from dataclasses import dataclass, field
from typing import Any, Literal

BotApi = Literal["v1", "v2"]
CommandEvents = Literal["both", "command", "message"]


@dataclass(slots=True)
class Employee:
    """A person of the portal; `connector` marks a visitor of an open line."""

    id: int
    name: str
    last_name: str
    position: str = ""
    gender: str = ""
    email: str = ""
    departments: list[int] = field(default_factory=lambda: [1])
    admin: bool = False
    active: bool = True
    extranet: bool = False
    connector: bool = False

    @property
    def full_name(self) -> str:
        """First and last name as the messenger shows them."""
        return f"{self.name} {self.last_name}".strip()

    @property
    def kind(self) -> str:
        """USER_TYPE of contract 7: employee or extranet; an open-line visitor is `user`."""
        if self.connector:
            return "user"
        return "extranet" if self.extranet else "employee"


@dataclass(slots=True)
class Department:
    """A node of the company structure; `parent` 0 is the root."""

    id: int
    name: str
    parent: int = 0
    head: int = 0


@dataclass(slots=True)
class FetchEvent:
    """An event waiting for imbot.v2.Event.get (contract 5.6); `at` is unix seconds."""

    id: int
    type: str
    at: float
    data: dict[str, Any]


@dataclass(slots=True)
class Bot:
    """A chat bot; events take the format of the API that registered it (contract 4.1)."""

    id: int
    code: str
    client_id: str
    name: str
    api: BotApi = "v2"
    type: str = "bot"
    event_mode: Literal["webhook", "fetch"] = "fetch"
    webhook_url: str = ""
    handlers: dict[str, str] = field(default_factory=dict)
    """Classic bots: EVENT_* name -> URL."""
    properties: dict[str, Any] = field(default_factory=dict)
    is_hidden: bool = False
    is_support_openline: bool = False
    is_reactions_enabled: bool = True
    background_id: str | None = None
    handler_id: int = 0
    queue: list[FetchEvent] = field(default_factory=list)


@dataclass(slots=True)
class Command:
    """A slash command of a bot; `name` has no slash."""

    id: int
    bot_id: int
    name: str
    title: dict[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    common: bool = False
    hidden: bool = False
    extranet_support: bool = False
    handler: str = ""
    """Classic commands: EVENT_COMMAND_ADD."""


@dataclass(slots=True)
class Chat:
    """A private dialog of one person with one bot, or a group; members are user and bot ids."""

    id: int
    kind: Literal["private", "chat", "lines"]
    members: list[int]
    name: str = ""
    owner: int = 0
    extranet: bool = False
    opened: bool = False
    """Whether a person has opened this dialog: the first time fires JOINCHAT (contract 4.5)."""
    message_ids: list[int] = field(default_factory=list)
    """Ascending; rebuilt from the messages when a snapshot is read."""


@dataclass(slots=True)
class Message:
    """A message as the messenger shows it; `at` is unix seconds, author 0 is the system."""

    id: int
    chat_id: int
    author_id: int
    at: float
    text: str
    uuid: str = ""
    keyboard: list[dict[str, Any]] = field(default_factory=list)
    attach: Any = None
    reply_id: int = 0
    system: bool = False
    edited: bool = False
    deleted: bool = False
    files: list[int] = field(default_factory=list)
    reactions: dict[str, list[int]] = field(default_factory=dict)
    read: bool = False


@dataclass(slots=True)
class Placement:
    """A bound widget (contract 6.1)."""

    code: str
    handler: str
    title: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    lang_all: dict[str, Any] = field(default_factory=dict)
    user_id: int = 0


@dataclass(slots=True)
class Handler:
    """An event subscription of event.bind (contract 5.7); `event` is upper case."""

    id: int
    event: str
    url: str
    auth_type: int = 0


@dataclass(slots=True)
class Limits:
    """The leaky bucket of a portal: requests per second, size (contract 3.4)."""

    rate: float = 2.0
    burst: float = 50.0
    off: bool = False
