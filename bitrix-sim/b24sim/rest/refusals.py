"""What a portal refuses when a fault says so."""

from typing import Final

from b24sim.rest.call import RestError

TOO_MANY: Final = RestError("QUERY_LIMIT_EXCEEDED", "Too many requests", 503)
TOO_LONG: Final = RestError("OPERATION_TIME_LIMIT", "Method is blocked due to operation time limit.", 429)
REFUSALS: Final = {
    "throttle_503": TOO_MANY,
    "operation_time_limit": TOO_LONG,
    "payment_required": RestError("PAYMENT_REQUIRED", "Payment required", 402),
    "dialog_closed": RestError("ACCESS_DENIED", "Access denied", 403),
    "keyboard_refused": RestError("KEYBOARD_ERROR", "Incorrect keyboard params"),
    "expired_token": RestError("expired_token", "The access token provided has expired.", 401),
}

OF_ONE_COMMAND: Final = frozenset({"operation_time_limit", "keyboard_refused", "sending_failed", "dialog_closed"})
"""Faults that hit a command inside of a batch too, where they name its method."""
