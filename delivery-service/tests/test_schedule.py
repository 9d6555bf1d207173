"""What follows from an answer, as a table (contract 3.4, 3.5, 4.6)."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitrix.errors import BitrixError, Kind
from delivery import schedule
from delivery.domain import OutboundMessage, State
from delivery.schedule import RETRY_AFTER_S, Next

NOW = datetime(2026, 9, 21, 12, tzinfo=UTC)
HOUR = 3600
CORE_REGEX = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")

# kind, code -> state, shortest and longest wait, whether it counts as an attempt, whether the lane is parked
TABLE = {
    (Kind.THROTTLE, "QUERY_LIMIT_EXCEEDED"): (State.RETRY, 1, 3, False, True),
    (Kind.TOKEN, "EXPIRED_TOKEN"): (State.RETRY, 30, 300, False, True),
    (Kind.RIGHTS, "INVALID_CREDENTIALS"): (State.RETRY, 60, HOUR, False, True),
    (Kind.PLAN, "PAYMENT_REQUIRED"): (State.RETRY, 600, 86_400, False, True),
    (Kind.UNINSTALLED, "ERROR_OAUTH"): (State.RETRY, 60, 86_400, False, True),
    (Kind.BOT, "BOT_NOT_FOUND"): (State.RETRY, 60, HOUR, False, True),
    (Kind.CONFIG, "INSUFFICIENT_SCOPE"): (State.RETRY, 60, 2 * HOUR, False, True),
    (Kind.DIALOG, "ACCESS_DENIED"): (State.DEAD, 0, 0, True, False),
    (Kind.REQUEST, "EMPTY_MESSAGE"): (State.DEAD, 0, 0, True, False),
    (Kind.SERVER, "INTERNAL_SERVER_ERROR"): (State.UNKNOWN, 5, 10, True, False),
    (Kind.UNKNOWN, "no_answer"): (State.UNKNOWN, 5, 10, True, False),
    (Kind.TRANSPORT, "connect_failed"): (State.RETRY, 2, 3, True, False),
    (Kind.SERVER, "SENDING_FAILED"): (State.UNKNOWN, 5, 10, True, False),
}


def after(
    kind: Kind, code: str, attempts: int = 1, unknown_since: datetime | None = None, chance: float = 0
) -> Next:
    return schedule.after(BitrixError(kind, code), attempts, unknown_since, NOW, chance)


@pytest.mark.parametrize(("kind", "code"), TABLE)
@pytest.mark.parametrize("chance", [0.0, 0.999])
def test_an_answer_leads_where_the_table_says(kind: Kind, code: str, chance: float) -> None:
    state, shortest, longest, counts, parks = TABLE[kind, code]

    following = after(kind, code, chance=chance)

    assert (following.state, following.counts, following.parks) == (state, counts, parks)
    assert shortest <= following.wait_s <= longest
    assert following.cause.startswith(code)


def test_the_table_knows_every_kind() -> None:
    assert {kind for kind, _ in TABLE} == set(Kind)


@pytest.mark.parametrize(("code", "shortest"), [("OPERATION_TIME_LIMIT", 60), ("OVERLOAD_LIMIT", HOUR)])
def test_a_block_of_the_platform_is_waited_out_and_not_knocked_at(code: str, shortest: int) -> None:
    following = after(Kind.THROTTLE, code)

    assert (following.state, following.counts, following.parks) == (State.RETRY, False, True)
    assert following.wait_s >= shortest


@pytest.mark.parametrize("kind", [Kind.TRANSPORT, Kind.UNKNOWN, Kind.SERVER])
def test_the_waits_grow_and_end_in_a_dead_letter_with_advice(kind: Kind) -> None:
    ways = [after(kind, "x", attempts) for attempts in range(1, len(RETRY_AFTER_S) + 2)]

    waits = [one.wait_s for one in ways[:-1]]
    assert waits == sorted(waits)
    assert ways[-1].state is State.DEAD
    assert ways[-1].next_step


@pytest.mark.parametrize("kind", sorted(set(Kind) - {Kind.THROTTLE, Kind.TRANSPORT, Kind.UNKNOWN, Kind.SERVER}))
def test_what_needs_a_person_says_what_to_do(kind: Kind) -> None:
    assert after(kind, "x").next_step


@pytest.mark.parametrize(
    ("minutes", "state"), [(0, State.UNKNOWN), (30, State.UNKNOWN), (64, State.UNKNOWN), (66, State.DEAD)]
)
def test_a_refusal_after_an_unknown_end_keeps_the_key_for_an_hour(minutes: int, state: State) -> None:
    following = after(Kind.SERVER, "SENDING_FAILED", 3, NOW - timedelta(minutes=minutes))

    assert following.state is state
    assert not following.counts or following.state is State.DEAD


@given(
    kind=st.sampled_from(sorted(Kind)),
    code=st.sampled_from(["x", "SENDING_FAILED", "ACCESS_DENIED"]),
    attempts=st.integers(1, 30),
    unknown_minutes=st.none() | st.integers(0, 10_000),
    chance=st.floats(0, 1),
)
def test_every_answer_ends_or_has_a_bounded_wait(
    kind: Kind, code: str, attempts: int, unknown_minutes: int | None, chance: float
) -> None:
    since = None if unknown_minutes is None else NOW - timedelta(minutes=unknown_minutes)

    following = after(kind, code, attempts, since, chance)

    assert following.state in {State.RETRY, State.UNKNOWN, State.DEAD}
    assert (following.wait_s == 0) == (following.state is State.DEAD)
    assert following.wait_s <= HOUR * 1.2
    if following.state is State.DEAD:
        assert following.next_step


@given(st.uuids(), st.uuids(), st.integers(0, 100))
def test_the_key_has_the_only_form_that_counts_and_follows_from_the_message(
    portal_id: UUID, item_id: UUID, part: int
) -> None:
    message = OutboundMessage(item_id, portal_id, item_id, "27", part, "привет", 0, 1, "")
    retold = OutboundMessage(item_id, portal_id, portal_id, "28", part, "иначе", 5, 2, "x")
    next_part = OutboundMessage(item_id, portal_id, item_id, "27", part + 1, "привет", 0, 1, "")

    assert CORE_REGEX.match(message.uuid)
    assert message.uuid == retold.uuid != next_part.uuid
