"""When silence is unusual: against the portal's own hours and kinds of days."""

from datetime import UTC, datetime, timedelta

import pytest

from messaging.silence import UNUSUAL_FROM, judge

MONDAY = datetime(2026, 9, 21, tzinfo=UTC)
HOUR = timedelta(hours=1)


def office(weeks: int = 4) -> dict[datetime, int]:
    """Somebody writes in every hour from nine to six on working days, until the Friday before MONDAY."""
    begin = MONDAY - timedelta(weeks=weeks)
    slots = (begin + HOUR * n for n in range(weeks * 7 * 24))
    return {slot: 4 for slot in slots if slot.weekday() < 5 and 9 <= slot.hour < 18}


FRIDAY_EVENING = MONDAY - timedelta(days=3) + HOUR * 17.5


@pytest.mark.parametrize(
    ("now", "is_unusual"),
    [
        (FRIDAY_EVENING + HOUR, False),
        (MONDAY + HOUR * 8, False),  # a weekend of silence is a weekend
        (MONDAY + HOUR * 14, False),
        (MONDAY + HOUR * 15.5, True),  # but not a Monday until the afternoon
        (MONDAY + timedelta(days=3), True),
    ],
)
def test_silence_is_weighed_by_the_hours_in_which_people_write(now: datetime, is_unusual: bool) -> None:
    found = judge(office(), FRIDAY_EVENING, now)

    assert found.is_unusual is is_unusual, found


def test_who_writes_seldom_may_be_silent_for_longer() -> None:
    once_a_day = {slot: 1 for slot in office() if slot.hour == 10}
    last = MONDAY - timedelta(days=3) + HOUR * 10

    thursday, next_tuesday = (judge(once_a_day, last, MONDAY + timedelta(days=days)) for days in (4, 9))

    assert (thursday.is_unusual, next_tuesday.is_unusual) == (False, True)


def test_many_messages_at_once_are_no_more_of_a_habit_than_one() -> None:
    burst = {slot: count * 50 for slot, count in office().items()}

    assert judge(burst, FRIDAY_EVENING, MONDAY + HOUR * 14).expected_hours == pytest.approx(
        judge(office(), FRIDAY_EVENING, MONDAY + HOUR * 14).expected_hours
    )


def test_of_a_portal_that_is_new_nothing_is_usual() -> None:
    tuesday = MONDAY + timedelta(days=1)
    two_days = {MONDAY + HOUR * hour: 5 for hour in range(9, 18)} | {tuesday + HOUR * 9: 5}

    found = judge(two_days, tuesday + HOUR * 9, MONDAY + timedelta(days=20))

    assert (found.expected_hours, found.is_unusual) == (0.0, False)


def test_where_nobody_ever_wrote_there_is_no_silence() -> None:
    assert not judge({}, None, MONDAY).is_unusual
    assert not judge(office(), None, MONDAY).is_unusual


def test_silence_of_months_is_not_counted_hour_by_hour() -> None:
    found = judge(office(), FRIDAY_EVENING, MONDAY + timedelta(days=400))

    assert UNUSUAL_FROM < found.expected_hours <= 14 * 24
