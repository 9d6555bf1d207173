"""One portal of the cloud: its records, its counters and what it remembers of the calls made to it."""

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from b24sim.dedup import UNKNOWN_SECONDS, UuidTable
from b24sim.faults import Fault
from b24sim.limits import Bucket
from b24sim.model import (
    Bot,
    Chat,
    Command,
    CommandEvents,
    Department,
    Employee,
    Handler,
    Limits,
    Message,
    Placement,
)
from b24sim.operating import OperatingTime

LOG_LENGTH = 2_000


@dataclass(slots=True)
class Live:
    """What a restart may forget: the bucket, logs and typing signs. Logs are bounded, counters are not."""

    bucket: Bucket = field(default_factory=Bucket)
    requests: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=LOG_LENGTH))
    violations: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=LOG_LENGTH))
    mistakes: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=LOG_LENGTH))
    deliveries: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=LOG_LENGTH))
    templates: Counter[str] = field(default_factory=Counter)
    """templateId -> visible bot messages that carry it; rebuilt when a snapshot is read."""
    typing: dict[int, tuple[float, str]] = field(default_factory=dict)
    """Chat id -> (until, status code) of the bot's typing sign."""
    operating: OperatingTime = field(default_factory=OperatingTime)


@dataclass(slots=True)
class Portal:
    """A Bitrix24 portal with our application on it. Identity is `member_id`; the domain may change."""

    member_id: str
    domain: str
    application_token: str
    created_at: float
    installed: bool = False
    """Whether installFinish was called: before it no event leaves the portal (contract 1.2)."""
    uninstalled: bool = False
    version: int = 3
    status: str = "F"
    scope: str = "imbot,im,placement,user_brief,department"
    bots_v2: bool = True
    """Whether it has bots of the second generation; older boxes have not (contract 4.1)."""
    license: str = "ru_basic"
    language: str = "ru"
    payment_expired: bool = False
    clock_skew_s: int = 0
    """By how much the portal's own clock is ahead of ours: boxes keep their own time."""
    token_ttl: int = 3600
    key_trap_s: int = UNKNOWN_SECONDS
    """How long a uuid is refused whose message is not known."""
    command_events: CommandEvents = "both"
    limits: Limits = field(default_factory=Limits)
    faults: list[Fault] = field(default_factory=list)
    users: dict[int, Employee] = field(default_factory=dict)
    departments: dict[int, Department] = field(default_factory=dict)
    bots: dict[int, Bot] = field(default_factory=dict)
    commands: dict[int, Command] = field(default_factory=dict)
    chats: dict[int, Chat] = field(default_factory=dict)
    placements: list[Placement] = field(default_factory=list)
    handlers: list[Handler] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)
    """Next id by kind: bot, message, chat, command, handler, event, file."""
    counts: Counter[str] = field(default_factory=Counter)
    """requests, violations, mistakes, events, bot_messages, duplicates, repeats."""
    by_method: Counter[str] = field(default_factory=Counter)
    messages: dict[int, Message] = field(default_factory=dict)
    private_chats: dict[tuple[int, int], int] = field(default_factory=dict)
    """(bot id, user id) -> chat id."""
    uuids: UuidTable = field(default_factory=UuidTable)
    former_domains: list[str] = field(default_factory=list)
    """Its names before it was renamed; they answer 302 (contract 2.4)."""
    live: Live = field(default_factory=Live)

    def next_id(self, kind: str) -> int:
        """The next id of that kind; ids of one kind never repeat."""
        value = self.counters[kind]
        self.counters[kind] = value + 1
        return value
