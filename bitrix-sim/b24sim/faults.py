"""Faults a portal shows on demand."""

from dataclasses import dataclass
from random import Random
from typing import Literal

Kind = Literal[
    "http_502_html",
    "portal_deleted",
    "hang",
    "close_after_accept",
    "close_before",
    "close_halfway",
    "expired_token",
    "payment_required",
    "server_error_after",
    "throttle_503",
    "operation_time_limit",
    "slow",
    "sending_failed",
    "keyboard_refused",
    "dialog_closed",
]


@dataclass(slots=True)
class Fault:
    """What goes wrong, with which method, how often; the README says what each kind does."""

    kind: Kind
    method: str = "*"
    count: int | None = None
    """How many calls it still hits; None is no end."""
    rate: float = 1.0
    delay_ms: int = 0


def strike(faults: list[Fault], method: str, chance: Random) -> Fault | None:
    """The fault that hits this call, its count already lowered; `method` is lower case."""
    for fault in faults:
        if fault.count == 0 or fault.method not in {"*", method}:
            continue
        if fault.rate < 1.0 and chance.random() >= fault.rate:
            continue
        if fault.count is not None:
            fault.count -= 1
        return fault
    return None
