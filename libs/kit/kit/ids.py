"""Time-ordered ids (UUIDv7, RFC 9562): made by us, so a row's partition follows from its id."""

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID

import uuid_utils.compat

NIL = UUID(int=0)
"""Stands where a tenant is not known, because a primary key cannot hold NULL."""


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def milliseconds(moment: datetime) -> int:
    """Return a moment in whole milliseconds since 1970: no float, which is a millisecond off now and then."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def uuid7() -> UUID:
    """Return a new UUIDv7 of this millisecond."""
    return uuid_utils.compat.uuid7()


def time_of(identifier: UUID) -> datetime:
    """Return the moment (UTC, milliseconds) that a UUIDv7 carries."""
    return _EPOCH + timedelta(milliseconds=identifier.int >> 80)


def floor_of(moment: datetime) -> UUID:
    """Return the smallest UUIDv7 of a moment: a lower bound for ids made then or later."""
    return UUID(int=(milliseconds(moment) << 80) | (7 << 76) | (2 << 62))


def derive(base: UUID, *names: object, after_ms: int = 0) -> UUID:
    """Return the one UUIDv7 that belongs to `base` and `names`, `after_ms` later than `base`.

    Who makes a row twice from the same cause makes the same row.
    """
    seed = "|".join([str(base), *map(str, names)]).encode()
    chance = int.from_bytes(hashlib.sha256(seed).digest()[:10], "big")
    return stamp((base.int >> 80) + after_ms, chance)


def stamp(unix_ms: int, chance: int) -> UUID:
    """Return a UUIDv7 of a moment in ms and 80 bits of chance (six give way to version and variant)."""
    low = (chance & ((1 << 80) - 1)) & ~(0xF << 76) & ~(0b11 << 62)
    return UUID(int=(unix_ms << 80) | low | (7 << 76) | (0b10 << 62))
