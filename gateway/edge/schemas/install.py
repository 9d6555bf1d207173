"""Shapes of the install's two XHRs."""

import time
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from edge.schemas.text import Text

_TOKEN_LIFE_S = 3600
_A_DAY_S = 86_400
_FIRST_MOMENT = 1_000_000_000


def _seconds_left(value: Any) -> Any:
    """Portals send seconds, the moment of expiry (unix time), or nothing."""
    if value is None or value == "":
        return _TOKEN_LIFE_S
    if not str(value).isdecimal():
        return value  # refused as no number
    number = int(str(value)[:18])
    return min(max(0, number - int(time.time())) if number >= _FIRST_MOMENT else number, _A_DAY_S)


class InstallComplete(BaseModel):
    """What the wizard page has from Bitrix24 (contract 1.3). All but the first and member_id are optional."""

    model_config = ConfigDict(extra="ignore")

    AUTH_ID: Annotated[Text, Field(min_length=1, max_length=2048)]
    REFRESH_ID: Annotated[Text, Field(max_length=2048)] = ""
    AUTH_EXPIRES: Annotated[int, Field(ge=0, le=_A_DAY_S), BeforeValidator(_seconds_left)] = _TOKEN_LIFE_S
    DOMAIN: Annotated[Text, Field(max_length=255)] = ""
    member_id: Annotated[Text, Field(min_length=1, max_length=64)]
    APPLICATION_TOKEN: Annotated[Text, Field(max_length=255)] = ""
    SERVER_ENDPOINT: Annotated[Text, Field(max_length=255)] = ""


class InstalledBot(BaseModel):
    """How the bot stands after an install."""

    status: Literal["missing", "registered", "failed"]
    bot_id_present: bool
    error_code: str | None = None


class InstallCompleted(BaseModel):
    """The install is verified and stored; `portal_token` opens the portal's API for its installer."""

    status: Literal["ok", "error"]
    portal_id: str
    portal_token: str
    bot: InstalledBot
    trace_id: str


class InstallFinalize(BaseModel):
    """Who may talk to the bot."""

    portal_id: str
    selected_user_ids: Annotated[list[Annotated[int, Field(gt=0, lt=1 << 53)]], Field(max_length=20_000)]


class StepResult(BaseModel):
    """How a step of finalizing went."""

    status: Literal["ok", "error"]
    error_code: str | None = None


class Provision(BaseModel):
    """How far the welcome messages are: `running` = still going out."""

    status: Literal["ok", "running", "partial_fail", "error"]
    total: int
    ok: int
    failed: list[int]


class FinalizeSteps(BaseModel):
    """The steps of finalizing."""

    allowlist: StepResult
    ensure_bot: StepResult
    provision: Provision


class InstallFinalized(BaseModel):
    """The portal is ready, or which step is not."""

    status: Literal["ok", "partial_fail", "error"]
    trace_id: str
    steps: FinalizeSteps
