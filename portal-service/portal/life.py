"""Where a portal stands in its life, and what moves it: one table (contract 1.6). Pure."""

from enum import StrEnum


class State(StrEnum):
    """The states of a portal."""

    INSTALLING = "installing"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    PAYMENT_REQUIRED = "payment_required"
    UNREACHABLE = "unreachable"
    UNINSTALLED = "uninstalled"
    DEAD = "dead"


class Move(StrEnum):
    """What may move a portal."""

    INSTALLED = "installed"
    """A verified install that Bitrix24 calls finished."""
    BEGUN = "begun"
    """A verified install whose wizard is still open, also after an update."""
    FINALIZED = "finalized"
    """The administrator chose who may talk to the bot."""
    REMOVED = "removed"
    LAPSED = "lapsed"
    """The subscription ended."""
    PAID = "paid"
    SUSPENDED = "suspended"
    """By the vendor."""


GONE = frozenset({State.UNINSTALLED, State.DEAD})
_S = State
TABLE: dict[Move, dict[State, State]] = {
    Move.INSTALLED: {
        _S.INSTALLING: _S.ACTIVE,
        _S.ACTIVE: _S.ACTIVE,
        _S.SUSPENDED: _S.SUSPENDED,  # what the vendor stopped, no install starts
        _S.PAYMENT_REQUIRED: _S.ACTIVE,
        _S.UNREACHABLE: _S.ACTIVE,
        _S.UNINSTALLED: _S.ACTIVE,
        _S.DEAD: _S.ACTIVE,
    },
    Move.BEGUN: {
        _S.INSTALLING: _S.INSTALLING,
        _S.ACTIVE: _S.ACTIVE,  # the wizard opened again: who was served goes on being served
        _S.SUSPENDED: _S.SUSPENDED,
        _S.PAYMENT_REQUIRED: _S.INSTALLING,
        _S.UNREACHABLE: _S.INSTALLING,
        _S.UNINSTALLED: _S.INSTALLING,
        _S.DEAD: _S.INSTALLING,
    },
    Move.FINALIZED: {_S.INSTALLING: _S.ACTIVE},
    Move.REMOVED: dict.fromkeys(State, _S.UNINSTALLED),
    Move.LAPSED: {_S.ACTIVE: _S.PAYMENT_REQUIRED, _S.UNREACHABLE: _S.PAYMENT_REQUIRED},
    Move.PAID: {_S.PAYMENT_REQUIRED: _S.ACTIVE},
    Move.SUSPENDED: {state: _S.SUSPENDED for state in State if state not in GONE},
}


def after(move: Move, state: State | None) -> State:
    """Return where a move leads; what the table does not name changes nothing. None = a portal that is new."""
    if state is None:
        return State.ACTIVE if move is Move.INSTALLED else State.INSTALLING
    return TABLE[move].get(state, state)
