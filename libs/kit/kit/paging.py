"""Keyset paging: a page token is the last row's key, so a page costs the same wherever it starts."""

import base64
from uuid import UUID

from kit.errors import InvalidArgument

DEFAULT_SIZE = 50
MAX_SIZE = 200


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
        keys = []
    if len(keys) != count:
        raise InvalidArgument(field="cursor", problem="is not one that this list gave")
    return keys


def decode_id(token: str) -> UUID | None:
    """Return the id in a page token of a list that is ordered by id. Raises InvalidArgument."""
    keys = decode(token, 1)
    try:
        return UUID(keys[0]) if keys else None
    except ValueError:
        raise InvalidArgument(field="cursor", problem="is not one that this list gave") from None
