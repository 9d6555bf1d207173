"""Errors of Bitrix24 and of the way to it, classified once (contract 2.3, 3.5)."""

from enum import StrEnum


class Kind(StrEnum):
    """What a caller can do about a failed call."""

    TOKEN = "token"  # noqa: S105 - a kind of error, not a secret
    """Refresh the token once and repeat."""
    THROTTLE = "throttle"
    """Wait; not a failure of the message."""
    SERVER = "server"
    """The portal failed: repeat with back-off, a send with the same key."""
    UNKNOWN = "unknown"
    """No answer came: the call may or may not have been carried out."""
    TRANSPORT = "transport"
    """The call certainly did not arrive."""
    BOT = "bot"
    """The bot is gone or belongs to another application."""
    RIGHTS = "rights"
    """This credential may not; an administrator is needed."""
    PLAN = "plan"
    """The portal's plan or subscription forbids REST."""
    UNINSTALLED = "uninstalled"
    """The application is not installed there, or the portal is gone."""
    DIALOG = "dialog"
    """The bot is not in that chat."""
    CONFIG = "config"
    """Wrong method, missing scope, our bug."""
    REQUEST = "request"
    """The request itself was refused for good."""


class BitrixError(Exception):
    """A call that did not succeed.

    Attributes: `kind`, `code` (of Bitrix24, upper case, or ours in lower case for the transport), `status`
    (HTTP, 0 when none came), `method`, `description` (a hint for people, never matched on). No secrets.
    """

    def __init__(self, kind: Kind, code: str, *, status: int = 0, method: str = "", description: str = "") -> None:
        super().__init__(f"{method}: {code} ({status}) {description}".strip())
        self.kind = kind
        self.code = code
        self.status = status
        self.method = method
        self.description = description

    @classmethod
    def unexpected(cls, method: str) -> "BitrixError":
        """Return the error for a `result` that lacks what the method's specification promises."""
        return cls(Kind.SERVER, "unexpected_result", status=200, method=method)


_BY_CODE: dict[str, Kind] = {
    "EXPIRED_TOKEN": Kind.TOKEN,
    "INVALID_TOKEN": Kind.TOKEN,
    "NO_AUTH_FOUND": Kind.TOKEN,
    "QUERY_LIMIT_EXCEEDED": Kind.THROTTLE,
    "OPERATION_TIME_LIMIT": Kind.THROTTLE,
    "OVERLOAD_LIMIT": Kind.THROTTLE,
    "INTERNAL_SERVER_ERROR": Kind.SERVER,
    "ERROR_UNEXPECTED_ANSWER": Kind.SERVER,
    "SENDING_FAILED": Kind.SERVER,
    "INSUFFICIENT_SCOPE": Kind.CONFIG,
    "INVALID_SCOPE": Kind.CONFIG,
    "ERROR_METHOD_NOT_FOUND": Kind.CONFIG,
    "WRONG_AUTH_TYPE": Kind.CONFIG,
    "INVALID_REQUEST": Kind.CONFIG,
    "ERROR_BATCH_LENGTH_EXCEEDED": Kind.CONFIG,
    "ERROR_BATCH_METHOD_NOT_ALLOWED": Kind.CONFIG,
    "INVALID_CREDENTIALS": Kind.RIGHTS,
    "USER_ACCESS_ERROR": Kind.RIGHTS,
    "ALLOWED_ONLY_INTRANET_USER": Kind.RIGHTS,
    "ACCESS_ERROR": Kind.RIGHTS,
    "METHOD_CONFIRM_WAITING": Kind.RIGHTS,
    "METHOD_CONFIRM_DENIED": Kind.RIGHTS,
    "BOT_NOT_FOUND": Kind.BOT,
    "BOT_ID_REQUIRED": Kind.BOT,
    "BOT_OWNERSHIP_ERROR": Kind.BOT,
    "PAYMENT_REQUIRED": Kind.PLAN,
    "ERROR_OAUTH": Kind.UNINSTALLED,
    "APPLICATION_NOT_FOUND": Kind.UNINSTALLED,
    "AUTHORIZATION_ERROR": Kind.UNINSTALLED,
    "NOT_INSTALLED": Kind.UNINSTALLED,
    "INVALID_CLIENT": Kind.UNINSTALLED,
    "WRONG_CLIENT": Kind.UNINSTALLED,
    "PORTAL_DELETED": Kind.UNINSTALLED,
    "INVALID_GRANT": Kind.RIGHTS,
}
_CHAT_METHOD = "imbot.v2.chat."


def classify(code: str, status: int, method: str, description: str = "") -> Kind:
    """Return the kind of an answer with an `error` (contract 3.5): by code first, by HTTP status second.

    ACCESS_DENIED means two things that only the method and the description tell apart.
    """
    code = code.upper()
    if code == "ACCESS_DENIED":
        in_chat = method.lower().startswith(_CHAT_METHOD) and "plan" not in description.lower()
        return Kind.DIALOG if in_chat else Kind.PLAN
    if known := _BY_CODE.get(code):
        return known
    if status == 429:
        return Kind.THROTTLE
    if status == 401:
        return Kind.TOKEN
    return Kind.SERVER if status >= 500 else Kind.REQUEST


def from_answer(answer: dict[str, object], status: int, method: str) -> BitrixError:
    """Return the error that a JSON answer with an `error` key tells of."""
    # A portal may be a box of its administrator's: its words are capped, and no text of Postgres holds a NUL.
    code = str(answer.get("error") or "EMPTY_ERROR_CODE").upper().replace("\0", "")[:100]
    description = str(answer.get("error_description") or "").replace("\0", "")[:500]
    return BitrixError(
        classify(code, status, method, description), code, status=status, method=method, description=description
    )
