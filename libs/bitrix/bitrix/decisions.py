"""What each failure means and what may be done about it: contracts 3.5 and 2.3 as one table."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bitrix.errors import BitrixError, Kind


class Repeat(StrEnum):
    """When a call that failed may be made again at once or after a back-off."""

    NEVER = "never"
    REFRESHED = "refreshed"
    """Once, with a new token."""
    ALWAYS = "always"
    """It was not carried out."""
    IDEMPOTENT = "idempotent"
    """It may have been carried out."""


class Pause(StrEnum):
    """What else has to rest after a failure."""

    NOTHING = "nothing"
    METHOD = "method"
    PORTAL = "portal"


@dataclass(frozen=True)
class Line:
    """One line. It applies where all it names is so; the first that applies counts."""

    code: str
    """Upper case as Bitrix24's, lower case for ours; "" = any other."""
    kind: Kind
    repeat: Repeat = Repeat.NEVER
    statuses: Collection[int] = ()
    """Empty = any: a code means the same whatever the status (trap 32)."""
    method: str = ""
    """How the method begins, lower case."""
    hint: str = ""
    """A word of the description, where nothing else tells two meanings of a code apart."""
    pause: Pause = Pause.NOTHING
    pause_s: float = 0.0


_CHAT = "imbot.v2.chat."
_5XX = range(500, 600)

TABLE: tuple[Line, ...] = (
    # contract 3.5, in its order
    Line("EXPIRED_TOKEN", Kind.TOKEN, Repeat.REFRESHED),
    Line("INVALID_TOKEN", Kind.TOKEN, Repeat.REFRESHED),
    Line("NO_AUTH_FOUND", Kind.TOKEN, Repeat.REFRESHED),
    Line("QUERY_LIMIT_EXCEEDED", Kind.THROTTLE, Repeat.ALWAYS, pause=Pause.PORTAL, pause_s=1),
    Line("OPERATION_TIME_LIMIT", Kind.THROTTLE, Repeat.ALWAYS, pause=Pause.METHOD, pause_s=60),
    Line("OVERLOAD_LIMIT", Kind.THROTTLE, Repeat.ALWAYS, pause=Pause.PORTAL, pause_s=3600),
    Line("INTERNAL_SERVER_ERROR", Kind.SERVER, Repeat.IDEMPOTENT),
    Line("ERROR_UNEXPECTED_ANSWER", Kind.SERVER, Repeat.IDEMPOTENT),
    Line("no_answer", Kind.UNKNOWN, Repeat.IDEMPOTENT),
    Line("answer_cut", Kind.UNKNOWN, Repeat.IDEMPOTENT),
    Line("answer_too_large", Kind.UNKNOWN),
    Line("deadline", Kind.UNKNOWN, Repeat.IDEMPOTENT),
    Line("INSUFFICIENT_SCOPE", Kind.CONFIG),
    Line("ERROR_METHOD_NOT_FOUND", Kind.CONFIG),
    Line("INVALID_CREDENTIALS", Kind.RIGHTS),
    Line("USER_ACCESS_ERROR", Kind.RIGHTS),
    Line("ACCESS_DENIED", Kind.PLAN, hint="plan"),
    Line("ACCESS_DENIED", Kind.DIALOG, method=_CHAT),
    Line("ACCESS_DENIED", Kind.RIGHTS),
    Line("BOT_NOT_FOUND", Kind.BOT),
    Line("BOT_OWNERSHIP_ERROR", Kind.BOT),
    Line("BOT_ID_REQUIRED", Kind.BOT),
    Line("PAYMENT_REQUIRED", Kind.PLAN),
    Line("ERROR_OAUTH", Kind.UNINSTALLED),
    Line("APPLICATION_NOT_FOUND", Kind.UNINSTALLED),
    Line("AUTHORIZATION_ERROR", Kind.UNINSTALLED),
    Line("PORTAL_DELETED", Kind.UNINSTALLED),
    Line("INVALID_REQUEST", Kind.CONFIG),
    Line("METHOD_CONFIRM_WAITING", Kind.RIGHTS),
    Line("METHOD_CONFIRM_DENIED", Kind.RIGHTS),
    Line("ERROR_BATCH_LENGTH_EXCEEDED", Kind.CONFIG),
    Line("ERROR_BATCH_METHOD_NOT_ALLOWED", Kind.CONFIG),
    Line("WRONG_AUTH_TYPE", Kind.CONFIG),
    Line("ALLOWED_ONLY_INTRANET_USER", Kind.RIGHTS),
    Line("ACCESS_ERROR", Kind.RIGHTS),
    Line("INVALID_ARG_VALUE", Kind.REQUEST),
    Line("ERROR_ARGUMENT", Kind.REQUEST),
    Line("NOT_FOUND", Kind.REQUEST),
    Line("ERROR_CORE", Kind.REQUEST),
    Line("not_json", Kind.THROTTLE, Repeat.ALWAYS, statuses=(429,), pause=Pause.PORTAL, pause_s=1),
    Line("not_json", Kind.SERVER, Repeat.IDEMPOTENT, statuses=(403, 404)),
    Line("not_json", Kind.UNKNOWN, Repeat.IDEMPOTENT),
    Line("portal_renamed", Kind.TRANSPORT),
    Line("connect_failed", Kind.TRANSPORT, Repeat.ALWAYS),
    # contract 4.6: the key is taken for up to an hour, which is for the caller to wait
    Line("SENDING_FAILED", Kind.SERVER),
    # contract 2.3, the OAuth server
    Line("INVALID_CLIENT", Kind.UNINSTALLED),
    Line("WRONG_CLIENT", Kind.UNINSTALLED),
    Line("INVALID_GRANT", Kind.RIGHTS),
    Line("INVALID_SCOPE", Kind.CONFIG),
    Line("NOT_INSTALLED", Kind.UNINSTALLED),
    # ours, before anything is sent
    Line("endpoint_forbidden", Kind.CONFIG),
    Line("not_encodable", Kind.REQUEST),
    Line("rate_budget_used_up", Kind.THROTTLE, Repeat.ALWAYS),
    Line("method_braked", Kind.THROTTLE, Repeat.ALWAYS),
    Line("breaker_open", Kind.THROTTLE, Repeat.ALWAYS),
    Line("connections_in_use", Kind.THROTTLE, Repeat.ALWAYS),
    Line("not_tried", Kind.TRANSPORT),
    # a code that nobody told us of: by its status
    Line("", Kind.THROTTLE, Repeat.ALWAYS, statuses=(429,), pause=Pause.PORTAL, pause_s=1),
    Line("", Kind.TOKEN, Repeat.REFRESHED, statuses=(401,)),
    Line("", Kind.SERVER, Repeat.IDEMPOTENT, statuses=_5XX),
    Line("", Kind.REQUEST),
)

_BY_CODE: dict[str, list[Line]] = defaultdict(list)
for _line in TABLE:
    _BY_CODE[_line.code].append(_line)


def decide(code: str, status: int, method: str, description: str = "") -> Line:
    """Return the line of the table for a failure: by code first, whatever its case, by HTTP status second."""
    lines = _BY_CODE.get(code) or _BY_CODE.get(code.upper()) or _BY_CODE[""]
    method, description = method.lower(), description.lower()
    return next(
        line
        for line in lines
        if (not line.statuses or status in line.statuses)
        and method.startswith(line.method)
        and line.hint in description
    )


def line_of(error: BitrixError) -> Line:
    """Return the line of the table that an error stands on."""
    return decide(error.code, error.status, error.method, error.description)


def failure(
    code: str,
    *,
    status: int = 0,
    portal: str = "",
    method: str = "",
    description: str = "",
    retry_after_s: float | None = None,
) -> BitrixError:
    """Return the error of a code, of the kind that the table says."""
    return BitrixError(
        decide(code, status, method, description).kind,
        code,
        status=status,
        portal=portal,
        method=method,
        description=description,
        retry_after_s=retry_after_s,
    )


def refusal(
    answer: Mapping[str, Any],
    status: int,
    *,
    portal: str,
    method: str,
    secrets: Collection[str] = (),
    retry_after_s: float | None = None,
) -> BitrixError:
    """Return the error that a JSON answer with an `error` key tells of.

    A portal may be a box of its administrator's: its words are capped, hold no NUL (no text of Postgres does) and
    none of the `secrets` that it was told.
    """
    code, description = str(answer.get("error") or "EMPTY_ERROR_CODE"), str(answer.get("error_description") or "")
    for secret in secrets:
        code, description = code.replace(secret, "***"), description.replace(secret, "***")
    return failure(
        code.upper().replace("\0", "")[:100],
        status=status,
        portal=portal,
        method=method,
        description=description.replace("\0", "")[:500],
        retry_after_s=retry_after_s,
    )
