"""Page tokens: what a list gave comes back, and nothing else passes for one."""

import base64
import contextlib
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit import paging
from kit.errors import InvalidArgument

NOON = datetime(2026, 9, 21, 12, 0, 0, 123456, tzinfo=UTC)


def token_of(keys: str) -> str:
    return base64.urlsafe_b64encode(keys.encode()).decode().rstrip("=")


def test_keys_come_back() -> None:
    row_id = uuid4()

    assert paging.decode_id(paging.encode(row_id)) == row_id
    assert paging.decode_moment_and_id(paging.encode(NOON.isoformat(), row_id)) == (NOON, row_id)
    assert paging.decode_id("") is None
    assert paging.decode_moment_and_id("") is None


@pytest.mark.parametrize(
    "moment",
    [
        NOON.replace(tzinfo=None).isoformat(),
        datetime.min.replace(tzinfo=timezone(timedelta(hours=14))).isoformat(),
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-14))).isoformat(),
        "soon",
        "",
    ],
)
def test_a_moment_that_no_list_gave_is_refused(moment: str) -> None:
    with pytest.raises(InvalidArgument):
        paging.decode_moment_and_id(token_of(f"{moment}|{uuid4()}"))


@given(st.text() | st.text().map(lambda keys: token_of(keys.encode(errors="replace").decode())))
def test_any_text_is_keys_or_refused(token: str) -> None:
    for decode in (paging.decode_id, paging.decode_moment_and_id):
        with contextlib.suppress(InvalidArgument):
            assert isinstance(decode(token), UUID | tuple | None)
