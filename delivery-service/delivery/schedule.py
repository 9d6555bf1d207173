"""What follows from the answer to a send: the outbox's state machine, as data and one pure function."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bitrix.errors import BitrixError, Kind
from delivery.domain import State
from kit.errors import PeerError

MOVES: Mapping[State, frozenset[State]] = {
    State.CREATED: frozenset({State.SENDING}),
    State.RETRY: frozenset({State.SENDING}),
    State.UNKNOWN: frozenset({State.SENDING}),
    # What was claimed and not tried goes back to where it was; whose worker died may have been shown.
    State.SENDING: frozenset({State.SENT, State.DEAD, State.UNKNOWN, State.RETRY, State.CREATED}),
    State.SENT: frozenset(),
    # By a person, who says that it is worth another try (delivery.dead_letters).
    State.DEAD: frozenset({State.RETRY, State.UNKNOWN}),
}
"""Where an item may go. What was sent stays sent."""
RETRY_AFTER_S = (2, 5, 15, 60, 300, 900, 3600, 3600, 3600)
"""Seconds to wait before each further attempt; after the last one the item is dead."""
UNKNOWN_AFTER_S = 5.0
"""A send whose outcome is unknown is repeated with the same key, not sooner (contract 4.6)."""
DEDUP_TRAP = timedelta(hours=1, minutes=5)
"""How long the platform may refuse a key whose first try it does not know the end of (contract 4.6)."""
DEDUP_RETRY_S = 60.0
THROTTLE_S = {"OPERATION_TIME_LIMIT": 60.0, "OVERLOAD_LIMIT": 3600.0}
"""Seconds that a portal's lane rests after these; no Retry-After is ever sent (contract 3.4)."""
BUCKET_FULL_S = 1.5
JITTER = 0.2


@dataclass(frozen=True)
class Next:
    """Where an item goes. `counts`: the attempt is one of its own; `parks`: the whole lane waits for that long."""

    state: State
    wait_s: float
    cause: str
    next_step: str
    counts: bool = True
    parks: bool = False


_PARKED: dict[Kind, tuple[float, str]] = {
    Kind.TOKEN: (60, "An administrator of the portal must open the app, so that it gets a new token."),
    Kind.RIGHTS: (300, "An administrator of the portal must open the app, so that it gets a new token."),
    Kind.PLAN: (3600, "The portal's Bitrix24 plan or subscription must be renewed."),
    Kind.UNINSTALLED: (900, "The app must be installed again on the portal."),
    Kind.BOT: (300, "The bot must be registered again: run setup on the portal."),
    Kind.CONFIG: (900, "Run diagnostics on the portal: a scope or a method is missing, or its address changed."),
}
_DEAD: dict[Kind, str] = {
    Kind.DIALOG: "The bot is not in this chat any more. Nothing to do unless it is invited again.",
    Kind.REQUEST: "Bitrix24 refused the message itself. Read the cause; retrying the same text will not help.",
}


def of_refused_token(refusal: PeerError) -> BitrixError:
    """Return the error of Bitrix24 for which portal has no token to give: what follows from it is the same."""
    kind = refusal.detail.get("kind", "") if refusal.reason == "TOKEN_REFUSED" else ""
    return BitrixError(
        Kind(kind) if kind in {one.value for one in _PARKED} else Kind.RIGHTS,
        refusal.detail.get("code") or refusal.reason,
        description=refusal.message,
    )


def after(error: BitrixError, attempts: int, unknown_since: datetime | None, now: datetime, chance: float) -> Next:
    """Return what follows from a failed send. `attempts` includes this one; `chance` is 0..1."""
    cause = f"{error.code}: {error.description}" if error.description else error.code
    if error.kind is Kind.THROTTLE:
        wait_s = THROTTLE_S.get(error.code, BUCKET_FULL_S)
        return Next(State.RETRY, wait_s * _spread(chance), cause, "", counts=False, parks=True)
    if error.kind in _PARKED:
        wait_s, step = _PARKED[error.kind]
        return Next(State.RETRY, wait_s * _spread(chance), cause, step, counts=False, parks=True)
    if error.code == "SENDING_FAILED" and unknown_since is not None:
        # The platform still holds the key of a try that may have been shown: only the same key is safe.
        if now - unknown_since < DEDUP_TRAP:
            return Next(State.UNKNOWN, DEDUP_RETRY_S * _spread(chance), cause, "", counts=False)
        return Next(State.DEAD, 0, cause, "Look into the dialog: if the answer is not there, retry.")
    if error.kind in _DEAD:
        return Next(State.DEAD, 0, cause, _DEAD[error.kind])
    return _again(error, cause, attempts, chance)


def _again(error: BitrixError, cause: str, attempts: int, chance: float) -> Next:
    if attempts > len(RETRY_AFTER_S):
        return Next(State.DEAD, 0, cause, "The portal did not take it for hours. Retry when it answers again.")
    wait_s = RETRY_AFTER_S[attempts - 1] * _spread(chance)
    if error.kind is Kind.TRANSPORT:
        return Next(State.RETRY, wait_s, cause, "")
    return Next(State.UNKNOWN, max(wait_s, UNKNOWN_AFTER_S), cause, "")


def _spread(chance: float) -> float:
    return 1 + JITTER * chance
