"""Months of a portal's own: leap days, time zones, clocks that are changed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.periods import period_of

ZONES = ("UTC", "Europe/Moscow", "Asia/Vladivostok", "America/Santiago", "Asia/Kathmandu", "Pacific/Apia")


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "anchor_day", "zone", "start", "end"),
    [
        (utc(2026, 9, 21, 12), 1, "UTC", utc(2026, 9, 1), utc(2026, 10, 1)),
        (utc(2026, 12, 31, 23, 59), 1, "UTC", utc(2026, 12, 1), utc(2027, 1, 1)),
        # In Moscow the month begins three hours sooner.
        (utc(2026, 12, 31, 21), 1, "Europe/Moscow", utc(2026, 12, 31, 21), utc(2027, 1, 31, 21)),
        (utc(2026, 12, 31, 20, 59), 1, "Europe/Moscow", utc(2026, 11, 30, 21), utc(2026, 12, 31, 21)),
        # Of the 31st a shorter month has its last day; a leap year's February one more.
        (utc(2027, 3, 1), 31, "UTC", utc(2027, 2, 28), utc(2027, 3, 31)),
        (utc(2028, 2, 29), 31, "UTC", utc(2028, 2, 29), utc(2028, 3, 31)),
        (utc(2028, 2, 28, 23), 29, "UTC", utc(2028, 1, 29), utc(2028, 2, 29)),
        # Santiago leaves midnight out of the 6th of September 2026: the day begins an hour later.
        (utc(2026, 9, 6, 12), 6, "America/Santiago", utc(2026, 9, 6, 4), utc(2026, 10, 6, 3)),
    ],
)
def test_a_moment_belongs_to_one_month(
    now: datetime, anchor_day: int, zone: str, start: datetime, end: datetime
) -> None:
    found = period_of(now, anchor_day, zone)

    assert (found.start, found.end) == (start, end)


@given(
    now=st.integers(0, 20 * 366 * 24 * 60).map(lambda minutes: utc(2020, 1, 1) + timedelta(minutes=minutes)),
    anchor_day=st.integers(1, 31),
    zone=st.sampled_from(ZONES),
)
def test_months_follow_each_other_without_a_gap(now: datetime, anchor_day: int, zone: str) -> None:
    found = period_of(now, anchor_day, zone)

    assert found.start <= now < found.end
    assert period_of(found.end, anchor_day, zone).start == found.end
    assert period_of(found.start - timedelta(microseconds=1), anchor_day, zone).end == found.start
    assert timedelta(days=27) < found.end - found.start < timedelta(days=32)
