"""Time as the simulator tells it: an injected clock, and the two ways Bitrix24 writes a moment."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

Clock = Callable[[], float]
"""Unix seconds."""

MOSCOW: Final = timezone(timedelta(hours=3))


def iso(at: float) -> str:
    """`2026-09-21T10:15:42+03:00`, the portal's own zone."""
    return datetime.fromtimestamp(at, MOSCOW).isoformat(timespec="seconds")


def utc(at: float) -> str:
    """`2026-09-21T07:15:42.123456+00:00`, for the control API."""
    return datetime.fromtimestamp(at, UTC).isoformat()
