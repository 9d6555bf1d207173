"""Query parameters that every list has (docs/interfaces.md), checked at the edge."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query
from google.protobuf.timestamp_pb2 import Timestamp
from pydantic import BaseModel

from edge.errors import ApiError
from edge.schemas.text import Moment, Text
from kit.pb import enum_value, moment, words


class Listing(BaseModel):
    """Where a page begins and how long it is, and the time it is about."""

    limit: int
    cursor: str
    since: datetime | None
    until: datetime | None

    def page(self) -> dict[str, Any]:
        """Return the fields that every List request has."""
        return {"page_size": self.limit, "page_token": self.cursor, **self._range()}

    def _range(self) -> dict[str, Timestamp | None]:
        return {"since": moment(self.since), "until": moment(self.until)}


def _listing(
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[Text, Query(max_length=512)] = "",
    since: Moment | None = None,
    until: Moment | None = None,
) -> Listing:
    return Listing(limit=limit, cursor=cursor, since=since, until=until)


List = Annotated[Listing, Depends(_listing)]
Id = Annotated[UUID | None, Query()]
TraceId = Annotated[str, Query(pattern="^([0-9a-f]{32})?$")]


def text(value: UUID | None) -> str:
    """Return an id filter as the protos have it: "" = any."""
    return str(value) if value else ""


def word(enum: Any, field: str, value: str) -> Any:
    """Return the enum value of a filter's word. Raises ApiError 422 naming the words there are."""
    try:
        return enum_value(enum, value)
    except ValueError:
        known = words(enum)
        raise ApiError(
            422, "validation_failed", f"{field} is one of: {', '.join(known)}.", {"field": field, "words": known}
        ) from None
