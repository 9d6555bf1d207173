"""Values from outside that what stands behind the edge can take: text that encodes, moments of our time."""

from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AfterValidator


def _storable(value: str) -> str:
    if "\0" in value:
        raise ValueError("holds a NUL")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("holds half of a surrogate pair") from None
    return value


def _in_our_time(value: datetime) -> datetime:
    _of_our_years(value)
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _of_our_years(value: date) -> date:
    # Years outside overflow time zones, Timestamps or the ids that carry time.
    if not 2000 <= value.year < 2100:
        raise ValueError("is not between the years 2000 and 2100")
    return value


Text = Annotated[str, AfterValidator(_storable)]
"""What UTF-8 and Postgres can hold."""
Moment = Annotated[datetime, AfterValidator(_in_our_time)]
"""A moment with its zone; UTC where none is said."""
Day = Annotated[date, AfterValidator(_of_our_years)]
"""A day of our time."""
