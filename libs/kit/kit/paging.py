"""Keyset paging: a page token is the last row's key, so a page costs the same wherever it starts."""

import base64
from datetime import datetime
from uuid import UUID

from kit.errors import InvalidArgument

DEFAULT_SIZE = 50
MAX_SIZE = 200
_PLACE_DIGITS = 9


def size_of(asked: int) -> int:
    """Return the page size to use: the default for 0, never above 200."""
    return min(asked or DEFAULT_SIZE, MAX_SIZE)


def encode(*keys: object) -> str:
    """Return the page token that stands after the row with these keys."""
    return base64.urlsafe_b64encode("|".join(map(str, keys)).encode()).decode().rstrip("=")


def decode(token: str, count: int) -> list[str] | None:
    """Return the `count` keys of a page token, None for an empty one. Raises InvalidArgument."""
    if not token:
        return None
    try:
        keys = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode().split("|")
    except ValueError:
        raise _foreign() from None
    if len(keys) != count:
        raise _foreign()
    return keys


def decode_id(token: str) -> UUID | None:
    """Return the id in a page token of a list that is ordered by id. Raises InvalidArgument."""
    keys = decode(token, 1)
    try:
        return UUID(keys[0]) if keys else None
    except ValueError:
        raise _foreign() from None


def decode_place(token: str) -> int:
    """Return the place in a page token of a list that is ordered by place, -1 for none. Raises InvalidArgument."""
    keys = decode(token, 1)
    if keys is None:
        return -1
    if not keys[0].isdigit() or len(keys[0]) > _PLACE_DIGITS:
        raise _foreign()
    return int(keys[0])


def decode_moment_and_id(token: str) -> tuple[datetime, UUID] | None:
    """Return the keys in a page token of a list that is ordered by moment and id. Raises InvalidArgument."""
    keys = decode(token, 2)
    if keys is None:
        return None
    try:
        moment, row_id = datetime.fromisoformat(keys[0]), UUID(keys[1])
    except ValueError:
        raise _foreign() from None
    # Ours have a zone; at the ends of the calendar a zone overflows.
    if moment.tzinfo is None or not 1 < moment.year < 9999:
        raise _foreign()
    return moment, row_id


def _foreign() -> InvalidArgument:
    return InvalidArgument(field="cursor", problem="is not one that this list gave")
