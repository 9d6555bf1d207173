"""The one tree of errors of Bitrix24 and of the way to it. Which failure is of which kind: `bitrix.decisions`."""

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
    """A call that did not succeed. It holds no secrets.

    Attributes: `kind`, `code` (of Bitrix24, upper case, or ours in lower case for the transport), `status`
    (HTTP, 0 when none came), `portal` (member_id, "" where no portal was asked), `method`, `description` (a hint
    for people, never matched on), `retry_after_s` (not sooner than that; None = nobody said).
    """

    def __init__(
        self,
        kind: Kind,
        code: str,
        *,
        status: int = 0,
        portal: str = "",
        method: str = "",
        description: str = "",
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(f"{method}: {code} ({status}) {description}".strip())
        self.kind = kind
        self.code = code
        self.status = status
        self.portal = portal
        self.method = method
        self.description = description
        self.retry_after_s = retry_after_s

    @property
    def outcome_is_known(self) -> bool:
        """Whether the call was certainly not carried out."""
        return self.kind not in {Kind.UNKNOWN, Kind.SERVER}

    @classmethod
    def unexpected(cls, method: str) -> "BitrixError":
        """Return the error for a `result` that lacks what the method's specification promises."""
        return cls(Kind.SERVER, "unexpected_result", status=200, method=method)


class PortalRenamed(BitrixError):
    """The portal answered 3xx: it has another host, and nothing was done (contract 2.4, trap 1).

    `location` is the URL it named for this very call, not yet judged.
    """

    def __init__(self, location: str, *, status: int, portal: str, method: str) -> None:
        super().__init__(Kind.TRANSPORT, "portal_renamed", status=status, portal=portal, method=method)
        self.location = location
