"""Ids that tell the time, page tokens, keys: pure properties."""

import contextlib
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from kit import ids, paging, trace
from kit.errors import InvalidArgument
from kit.keyring import KeyRing

moments = st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1)).map(  # noqa: DTZ001 - made aware below
    lambda moment: moment.replace(tzinfo=UTC, microsecond=moment.microsecond // 1000 * 1000)
)
names = st.lists(st.one_of(st.text(), st.integers()), max_size=3)
chances = st.integers(0, (1 << 80) - 1)


def unix_ms(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def is_uuid7(identifier: UUID) -> bool:
    return identifier.version == 7 and identifier.variant == "specified in RFC 4122"


def test_ids_made_one_after_another_are_in_order() -> None:
    made = [ids.uuid7() for _ in range(1000)]

    assert made == sorted(made)
    assert len(set(made)) == 1000


@given(moments)
def test_the_floor_of_a_moment_tells_that_moment(moment: datetime) -> None:
    floor = ids.floor_of(moment)

    assert is_uuid7(floor)
    assert ids.time_of(floor) == moment


@given(moments, chances)
def test_every_id_of_a_moment_lies_between_its_floor_and_the_next(moment: datetime, chance: int) -> None:
    made = ids.stamp(unix_ms(moment), chance)

    assert is_uuid7(made)
    assert ids.floor_of(moment) <= made < ids.floor_of(moment + timedelta(milliseconds=1))


@given(moments, chances, names, st.integers(0, 60_000))
def test_a_derived_id_follows_from_its_cause_and_comes_after_it(
    moment: datetime, chance: int, causes: list[str | int], after_ms: int
) -> None:
    base = ids.stamp(unix_ms(moment), chance)

    derived = ids.derive(base, *causes, after_ms=after_ms)

    assert derived == ids.derive(base, *causes, after_ms=after_ms)
    assert derived != ids.derive(base, *causes, "more", after_ms=after_ms)
    assert is_uuid7(derived)
    assert ids.time_of(derived) == moment + timedelta(milliseconds=after_ms)


@given(st.lists(st.text(st.characters(exclude_characters="|", exclude_categories=["Cs"])), min_size=1, max_size=4))
def test_a_page_token_gives_its_keys_back(keys: list[str]) -> None:
    token = paging.encode(*keys)

    assert paging.decode(token, len(keys)) == (keys if token else None)


@given(st.text(min_size=1))
def test_whatever_a_stranger_sends_as_a_page_token_is_read_or_refused(token: str) -> None:
    for read in (lambda: paging.decode(token, 2), lambda: paging.decode_id(token)):
        with contextlib.suppress(InvalidArgument):
            read()


@pytest.mark.parametrize(("asked", "size"), [(0, 50), (1, 1), (200, 200), (201, 200)])
def test_a_page_has_a_size_within_bounds(asked: int, size: int) -> None:
    assert paging.size_of(asked) == size


def test_after_a_rotation_the_old_key_still_opens_and_the_newest_seals() -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    before, rotated, later = KeyRing(old), KeyRing(f"{new}, {old}"), KeyRing(new)
    sealed_before = before.encrypt("токен")

    sealed_after = rotated.encrypt("токен")

    assert rotated.decrypt(sealed_before) == later.decrypt(sealed_after) == "токен"
    with pytest.raises(ValueError, match="no key"):
        later.decrypt(sealed_before)
    with pytest.raises(ValueError, match="no key"):
        before.decrypt(sealed_after)


def test_signing_keys_of_purposes_and_rotations_are_different() -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    ring = KeyRing(f"{new},{old}")

    assert ring.signing_keys("admin")[1] == KeyRing(old).signing_keys("admin")[0]
    assert len({*ring.signing_keys("admin"), *ring.signing_keys("portal")}) == 4


@pytest.mark.parametrize("keys", ["", " , ", "not-a-fernet-key"])
def test_a_ring_without_a_usable_key_is_refused(keys: str) -> None:
    with pytest.raises(ValueError, match=r"key"):
        KeyRing(keys)


@pytest.mark.parametrize(
    "header",
    [None, "", "00", "01-" + "a" * 32 + "-" + "b" * 16 + "-01", "00-" + "0" * 32 + "-" + "b" * 16 + "-01"],
)
def test_what_is_no_traceparent_is_none(header: str | None) -> None:
    assert trace.parse(header) is None


def test_a_trace_id_travels_in_its_header() -> None:
    trace_id = trace.new_trace_id()

    assert trace.parse(trace.traceparent(trace_id)) == trace_id
