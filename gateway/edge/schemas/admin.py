"""Shapes of the console's rows (docs/interfaces.md)."""

from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, Field

from edge.schemas.portal import AllowedUsersChange, PortalSettings
from edge.schemas.text import Moment, Text

RowT = TypeVar("RowT")
Role = Literal["owner", "operator", "viewer"]


class Page(BaseModel, Generic[RowT]):
    """A page of a list; `next_cursor` null = the last one."""

    items: list[RowT]
    next_cursor: str | None


class Login(BaseModel):
    """What a login needs."""

    email: Text
    password: Text


class RefreshToken(BaseModel):
    """What a renewed session needs: no `refresh_token` where the console's cookie brings it.

    Asked for again under its `request_id` within 15 minutes, as when the answer was lost, it is the same renewal.
    The id is a random one, new for each renewal.
    """

    refresh_token: Text | None = None
    request_id: UUID | None = None


class SessionTokens(BaseModel):
    """A session: `expires_in` seconds of the access token. `refresh_token` null: the console's cookie has it."""

    access_token: str
    refresh_token: str | None
    token_type: str = "bearer"  # noqa: S105 - the scheme's name
    expires_in: int


class Session(SessionTokens):
    """A session that was opened; `must_change_password` = the password is the default or somebody else's."""

    must_change_password: bool


class PasswordChange(BaseModel):
    """One's own new password, with the current one."""

    current_password: Text
    new_password: Text


class AdminAccount(BaseModel):
    """A member of the vendor's staff."""

    id: str
    email: str
    role: str
    created_at: str
    must_change_password: bool
    disabled: bool


class NewAccount(BaseModel):
    """An account to create."""

    email: Text
    role: Role
    password: Text


class AccountChange(BaseModel):
    """What is changed of an account; null = it stays."""

    role: Role | None = None
    password: Text | None = None
    disabled: bool | None = None


class PortalBot(BaseModel):
    """The bot of a portal; `api` v1 = a classic one, whose sends have no idempotency key: at_least_once."""

    id: int | None
    status: str
    error_code: str | None
    api: str
    delivery: Literal["exactly_once", "at_least_once"]


class PortalAccess(BaseModel):
    """Who may talk to the bot."""

    mode: str
    user_ids: list[int]
    department_ids: list[int]


class Alert(BaseModel):
    """Something that is wrong with a portal, until it is over; `since` null: only the present is known."""

    name: str
    severity: str
    cause: str
    since: str | None


class Portal(BaseModel):
    """A portal. `health`: ok, warning or failing, and `health_cause` the worst of its alerts."""

    id: str
    created_at: str
    domain: str
    member_id: str
    status: str
    bot: PortalBot
    access: PortalAccess
    settings: PortalSettings
    plan: str
    suspended_reason: str | None
    installed_at: str | None
    last_proven_alive_at: str | None
    health: str
    health_cause: str | None
    alerts: list[Alert]


class AuthorizationLink(BaseModel):
    """A link for the portal's administrator, and until when it is good."""

    url: str
    expires_at: str


class PortalTotals(BaseModel):
    """How many portals the search finds, whatever status or health is asked for."""

    all: int
    by_status: dict[str, int]
    by_health: dict[str, int]


class Portals(Page[Portal]):
    """A page of portals; `totals` on the first one."""

    totals: PortalTotals | None


class PortalCreate(BaseModel):
    """A portal that is to install the app."""

    member_id: Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
    domain: Annotated[Text, Field(min_length=3, max_length=255, pattern=r"^[A-Za-z0-9.:-]+$")]


class PortalChange(BaseModel):
    """What to change of a portal; what is absent stays."""

    language: Literal["ru", "en"] | None = None
    event_mode: Literal["webhook", "fetch"] | None = None
    access: AllowedUsersChange | None = None


class Suspension(BaseModel):
    """Why a portal is not served any more; its administrator reads it."""

    reason: Annotated[Text, Field(min_length=1, max_length=500)]


class LifeEntry(BaseModel):
    """Something that a portal went through; `before` and `after` hold the `status` and `domain` it is about."""

    id: str
    portal_id: str
    created_at: str
    event: str
    before: dict[str, str]
    after: dict[str, str]
    trace_id: str | None


class AuditEntry(BaseModel):
    """A change by the vendor's staff."""

    id: str
    created_at: str
    admin_id: str
    email: str
    action: str
    portal_id: str | None
    before: dict[str, Any]
    after: dict[str, Any]
    remote_ip: str
    trace_id: str


class Dialog(BaseModel):
    """A dialog."""

    id: str
    created_at: str
    portal_id: str
    provider_dialog_id: str
    provider_dialog_id_raw: str
    user_id: int
    kind: str
    state: str
    last_message_at: str


class Message(BaseModel):
    """A message."""

    id: str
    created_at: str
    portal_id: str
    dialog_id: str
    trace_id: str
    provider_message_id: str | None
    direction: str
    author_id: int
    body: str
    state: str
    reason: str | None
    reply_to: str | None


class Event(BaseModel):
    """A line of what happened."""

    id: str
    created_at: str
    portal_id: str | None
    trace_id: str
    type: str
    provider_event: str | None
    provider_event_id: str | None
    dialog_id: str | None
    message_id: str | None
    reason: str | None
    payload: dict[str, Any]


class InboundEvent(BaseModel):
    """A row of the blackbox."""

    id: str
    created_at: str
    received_at: str
    portal_id: str | None
    trace_id: str
    method: str
    path: str
    domain: str | None
    member_id: str | None
    event: str | None
    dialog_id: str | None
    user_id: int | None
    content_type: str
    body_truncated: bool
    body_sha256: str
    remote_ip: str
    outcome: str
    reason: str | None


class OutboxItem(BaseModel):
    """A message on its way to Bitrix24."""

    id: str
    created_at: str
    portal_id: str
    trace_id: str
    dialog_id: str
    provider_dialog_id: str
    message_id: str
    part: int
    state: str
    attempts: int
    due_at: str
    sent_at: str | None
    cause: str | None
    next_step: str | None
    provider_message_id: str | None
    uuid: str


class Attempt(BaseModel):
    """A request made for an outbox item."""

    at: str
    outcome: str
    status: int
    code: str | None
    latency_ms: int
    wait_ms: int
    request_id: str


class OutboxItemDetail(OutboxItem):
    """An outbox item with its attempts."""

    attempts_log: list[Attempt]


class DeadFilter(BaseModel):
    """Which dead letters; what is absent is not looked at. `cause`: the code that the cause begins with."""

    portal_id: UUID | None = None
    dialog_id: UUID | None = None
    cause: Annotated[Text, Field(max_length=128)] = ""
    since: Moment | None = None
    until: Moment | None = None


class RetryAsked(BaseModel):
    """Dead letters to send again; first they are counted."""

    filter: DeadFilter
    dry_run: bool = True


class Retried(BaseModel):
    """How many dead letters were found and taken up; `remaining` are for the next call."""

    dry_run: bool
    matched: int
    retried: int
    remaining: int


class TraceStep(BaseModel):
    """A step of a message's way, with the service that wrote it."""

    at: str
    service: str
    step: str
    took_ms: int
    detail: dict[str, Any]


class Trace(BaseModel):
    """Every step of one message, in time order, from all services."""

    trace_id: str
    portal_id: str | None
    message_id: str | None
    steps: list[TraceStep]
