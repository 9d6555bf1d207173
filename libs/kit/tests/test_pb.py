"""Moments of requests: those of our time pass, the rest is refused by name."""

from datetime import UTC, datetime

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from kit.errors import InvalidArgument
from kit.pb import moment, to_datetime
from teachbase.portal.v1 import portal_pb2 as pb


@pytest.mark.parametrize("year", [2000, 2026, 2099])
def test_a_moment_of_our_time_comes_back(year: int) -> None:
    at = datetime(year, 1, 1, tzinfo=UTC)

    assert to_datetime(pb.ListPortalsRequest(since=moment(at)), "since") == at


def test_no_moment_is_none() -> None:
    assert to_datetime(pb.ListPortalsRequest(), "since") is None


@pytest.mark.parametrize("seconds", [-(1 << 62), -1, 0, 946_684_799, 4_102_444_800, 253_402_300_800, 1 << 62])
def test_a_moment_outside_of_it_is_refused(seconds: int) -> None:
    request = pb.ListPortalsRequest(until=Timestamp(seconds=seconds))

    with pytest.raises(InvalidArgument) as refused:
        to_datetime(request, "until")

    assert refused.value.detail["field"] == "until"
