"""Values of this context and its pure rules."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from portal.health import Alert, Health, health_of

_NAMESPACE = UUID("6f1b7d3e-2a4c-5b8e-9d10-7ea0b24f0001")
REPEAT_LIFE = timedelta(minutes=15)
"""How long the repeat of a renewal is known for one: as long as an access token that it gives would live."""


def portal_id_of(member_id: str) -> UUID:
    """Return the id of a portal: derived from member_id, so that a reinstall is the same portal (contract 0.1)."""
    return uuid5(_NAMESPACE, member_id.lower())


def base_of(client_endpoint: str) -> str:
    """Return the base of a portal's REST with its closing slash."""
    return client_endpoint if client_endpoint.endswith("/") else f"{client_endpoint}/"


@dataclass(frozen=True)
class Bot:
    """The bot of a portal: `id` 0 = none; `state` missing, registered or failed; `api` v2 or v1 (classic)."""

    id: int
    state: str
    error_code: str
    api: str = "v2"
    event_mode: str = "webhook"
    """As it was last told; the settings may say otherwise already."""

    @property
    def is_classic(self) -> bool:
        """Whether it is one of the first generation."""
        return self.api == "v1"


@dataclass(frozen=True)
class PortalSettings:
    """What a portal's administrator chooses: `language` ru, en or "", `event_mode` webhook or fetch."""

    language: str
    event_mode: str


@dataclass(frozen=True)
class Access:
    """Who may talk to the bot: `mode` list, all or departments."""

    mode: str
    user_ids: tuple[int, ...]
    department_ids: tuple[int, ...]


@dataclass(frozen=True)
class Portal:
    """A portal as this context stores it."""

    id: UUID
    member_id: str
    domain: str
    client_endpoint: str
    state: str
    bot: Bot
    access: Access
    created_at: datetime
    installed_at: datetime | None
    last_proven_alive_at: datetime | None
    suspended_reason: str
    settings: PortalSettings
    reached_department_ids: tuple[int, ...]
    """Those that have access, with all that are within them."""
    alerts: tuple[Alert, ...] = ()

    @property
    def health(self) -> Health:
        """Whether the portal is known to work."""
        return health_of(self.alerts)


@dataclass(frozen=True)
class VerifiedInstall:
    """An install as the OAuth server confirmed it, with the tokens that came with it."""

    portal_id: UUID
    member_id: str
    domain: str
    client_endpoint: str
    server_endpoint: str
    user_id: int
    is_finished: bool
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int
    application_token: str = field(repr=False)


@dataclass(frozen=True)
class PortalUser:
    """An employee as the portal's own token proved them."""

    id: int
    name: str
    is_admin: bool


@dataclass(frozen=True)
class Employee:
    """An employee as the portal lists them."""

    id: int
    name: str
    last_name: str
    position: str
    department_ids: tuple[int, ...]


@dataclass(frozen=True)
class Department:
    """A department as the portal lists it; `parent_id` 0 = it is in none."""

    id: int
    name: str
    parent_id: int


@dataclass(frozen=True)
class StoredToken:
    """A credential: one user's tokens on one portal, opened."""

    portal_id: UUID
    user_id: int
    member_id: str
    client_endpoint: str
    server_endpoint: str
    bot_id: int
    bot_api: str
    generation: int
    expires_at: datetime
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)


@dataclass(frozen=True)
class Marketplace:
    """What app.info said of a portal's subscription (contract 8): `days` may be negative, in its grace."""

    status: str = ""
    days: int | None = None
    is_payment_expired: bool = False
    noted_at: datetime | None = None


@dataclass(frozen=True)
class PortalChange:
    """A portal as the followers of the feed need it, with the feed's newest id of it in the page."""

    cursor: int
    portal: Portal
    purge_asked_at: datetime | None
    application_token_hashes: tuple[bytes, ...]
    marketplace: Marketplace = Marketplace()
    admin_user_ids: tuple[int, ...] = ()
    """Administrators whose credential lives."""


@dataclass(frozen=True)
class Admin:
    """A member of the vendor's staff: `role` owner, operator or viewer."""

    id: UUID
    email: str
    role: str
    created_at: datetime
    disabled: bool
    must_change_password: bool


@dataclass(frozen=True)
class Account:
    """An admin with what proves that it is them."""

    admin: Admin
    password_hash: str = field(repr=False)


@dataclass(frozen=True)
class AdminSession:
    """A session of an admin. `generation` counts its renewals: the token of that one is unspent."""

    admin_id: UUID
    generation: int
    renewed_by: UUID | None
    """The request that made the newest token, and when."""
    renewed_at: datetime | None

    def was_told(self, generation: int, request_id: UUID | None, now: datetime) -> bool:
        """Whether this request made the newest token, and brings that one or the one that it spent."""
        is_same = request_id is not None and request_id == self.renewed_by
        is_recent = self.renewed_at is not None and now < self.renewed_at + REPEAT_LIFE
        return is_same and is_recent and generation in (self.generation - 1, self.generation)


@dataclass(frozen=True)
class AccountChange:
    """What an owner changes of an account; None = it stays."""

    role: str | None = None
    disabled: bool | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Actor:
    """Who of the vendor's staff does something."""

    admin_id: UUID
    remote_ip: str


@dataclass(frozen=True)
class LifeEntry:
    """Something that a portal went through, with what it changed."""

    id: UUID
    portal_id: UUID
    created_at: datetime
    event: str
    before: dict[str, str]
    after: dict[str, str]
    trace_id: str


@dataclass(frozen=True)
class AuditEntry:
    """A line of the audit log."""

    id: UUID
    created_at: datetime
    admin_id: UUID
    email: str
    action: str
    portal_id: UUID | None
    before: dict[str, Any]
    after: dict[str, Any]
    remote_ip: str
    trace_id: str


@dataclass(frozen=True)
class SessionTokens:
    """What a signed-in admin holds."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int
