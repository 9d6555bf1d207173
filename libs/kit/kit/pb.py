"""Between Python values and protobuf's: moments, enums, maps."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp

from kit.errors import InvalidArgument

_Y2000, _Y2100 = 946_684_800, 4_102_444_800
"""Ids carry time: moments before 1970 have none, and the calendar's ends overflow."""


def moment(value: datetime | None) -> Timestamp | None:
    """Return a Timestamp for a field, None (absent) for None."""
    if value is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(value)
    return stamp


def to_datetime(message: Message, field: str) -> datetime | None:
    """Return a Timestamp field in UTC, None where it is absent. Raises InvalidArgument outside of 2000 to 2100."""
    if not message.HasField(field):
        return None
    stamp: Timestamp = getattr(message, field)
    if not _Y2000 <= stamp.seconds < _Y2100:
        raise InvalidArgument(field=field, problem="is not between the years 2000 and 2100")
    return stamp.ToDatetime(tzinfo=UTC)


def optional_uuid(text: str) -> UUID | None:
    """Return the id of a filter, None for "". The protos' rules have checked the shape."""
    return UUID(text) if text else None


def enum_name(enum: Any, value: int) -> str:
    """Return a value of our enums in the word that SQL and the API use, "" for UNSPECIFIED."""
    wrapper: EnumTypeWrapper = enum
    return wrapper.Name(value).removeprefix(_prefix(wrapper)).lower() if value else ""


def enum_value(enum: Any, word: str) -> Any:
    """Return the enum value of a word that SQL and the API use, UNSPECIFIED for ""."""
    wrapper: EnumTypeWrapper = enum
    return wrapper.Value(_prefix(wrapper) + word.upper()) if word else 0


def words(enum: Any) -> list[str]:
    """Return all words of one of our enums, in its order."""
    wrapper: EnumTypeWrapper = enum
    return [enum_name(wrapper, value) for value in wrapper.values() if value]


def struct(fields: dict[str, Any]) -> Struct:
    """Return a Struct of JSON-like values."""
    packed = Struct()
    packed.update(fields)
    return packed


def _prefix(wrapper: EnumTypeWrapper) -> str:
    # protobuf's style guide: the value 0 is named PREFIX_UNSPECIFIED.
    return wrapper.Name(0).removesuffix("UNSPECIFIED")
