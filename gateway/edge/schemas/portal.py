"""Shapes of the portal app's API (docs/interfaces.md)."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from edge.schemas.install import Provision
from edge.schemas.text import Text

UserId = Annotated[int, Field(gt=0, lt=1 << 53)]
Mode = Literal["all", "list", "departments"]


class SessionOpen(BaseModel):
    """What BX24.getAuth() gives the page."""

    AUTH_ID: Annotated[Text, Field(min_length=1, max_length=2048)]
    member_id: Annotated[Text, Field(min_length=1, max_length=64)]


class SessionUser(BaseModel):
    """Who opened the app."""

    id: int
    name: str
    is_admin: bool


class SessionPortal(BaseModel):
    """Where."""

    status: str
    domain: str


class SessionOpened(BaseModel):
    """A session of the portal app."""

    portal_id: str
    portal_token: str
    expires_in: int
    user: SessionUser
    portal: SessionPortal


class StatusBot(BaseModel):
    """The portal's bot: missing, registered or failed; `id` is its user in Bitrix24.

    `api`: v2, or v1 where the portal has classic bots only, whose replies may very rarely repeat.
    """

    id: int | None
    status: str
    error_code: str | None
    api: Literal["v2", "v1"]


class StatusAccess(BaseModel):
    """Who may talk to the bot, in short."""

    mode: str
    users: int
    departments: int


class StatusUser(BaseModel):
    """What holds for who asks."""

    id: int
    is_admin: bool
    allowed: bool


class Status(BaseModel):
    """Whether the bot works here, and what to do if it does not; administrators see why.

    `suspended_reason`: the vendor's words to the administrators.
    """

    portal_id: str
    status: str
    suspended_reason: str | None
    domain: str
    bot: StatusBot
    access: StatusAccess
    user: StatusUser
    next_step: str | None


class AllowedUsers(BaseModel):
    """Who may talk to the bot."""

    mode: str
    user_ids: list[int]
    department_ids: list[int]


class AllowedUsersChange(BaseModel):
    """Who may talk to the bot from now on. Only `user_ids` given: a list of them."""

    mode: Mode = "list"
    user_ids: Annotated[list[UserId], Field(max_length=20_000)] = []
    department_ids: Annotated[list[UserId], Field(max_length=5_000)] = []

    @model_validator(mode="after")
    def _is_of_its_mode(self) -> "AllowedUsersChange":
        if self.mode == "departments" and not self.department_ids:
            raise ValueError("department_ids: name at least one")
        return self


class AllowedUsersSaved(AllowedUsers):
    """Saved; the welcomes of those who are new go out."""

    provision: Provision


class PortalSettings(BaseModel):
    """What a portal's administrator chooses.

    `language`: ru or en, of what the bot says first; null = as the portal's own. `event_mode`: webhook, or fetch
    where the portal cannot reach us and is asked for its events every few seconds.
    """

    language: str | None
    event_mode: str


class PortalSettingsChange(BaseModel):
    """What to change; what is absent stays."""

    language: Literal["ru", "en"] | None = None
    event_mode: Literal["webhook", "fetch"] | None = None


class Department(BaseModel):
    """A department; `parent_id` null = it is in none."""

    id: int
    name: str
    parent_id: int | None


class Departments(BaseModel):
    """All departments of a portal, each after the one it is in."""

    items: list[Department]


class PortalEmployee(BaseModel):
    """An employee, and whether the bot is open to them."""

    id: int
    name: str
    last_name: str
    position: str
    departments: list[int]
    allowed: bool


class UsagePeriod(BaseModel):
    """The period that is counted."""

    from_: Annotated[str, Field(serialization_alias="from")]
    to: str


class UsageLimit(BaseModel):
    """One limit of the plan; `limit` null = none."""

    name: str
    used: int
    limit: int | None
    resets_at: str


class UsagePlan(BaseModel):
    """The plan that is used; `ends_at` null = it does not end."""

    code: str
    name_ru: str
    name_en: str
    status: str
    ends_at: str | None


class UsedOnDay(BaseModel):
    """Replies that were counted on a day (UTC)."""

    day: str
    replies: int


class Usage(BaseModel):
    """What was used of the plan; an employee who is no administrator sees the replies they got."""

    period: UsagePeriod
    limits: list[UsageLimit]
    plan: UsagePlan | None = None
    days: list[UsedOnDay] = []
