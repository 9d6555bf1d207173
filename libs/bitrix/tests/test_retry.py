"""Back-off and the budget of repeats."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitrix.retry import FLOOR, SHARE, RetryBudget, backoff_s


@given(st.integers(0, 50), st.floats(0, 1))
def test_a_back_off_grows_to_a_bound_and_is_never_nothing(repeats: int, chance: float) -> None:
    assert 1.0 <= backoff_s(repeats, 0) <= backoff_s(repeats, chance) <= 45.0
    assert backoff_s(repeats, 0) <= backoff_s(repeats + 1, 0)


@pytest.mark.parametrize("firsts", [0, 1, 10, 15, 100, 1000])
def test_repeats_are_a_fifth_of_first_attempts_and_a_few_for_the_quiet(firsts: int) -> None:
    budget = RetryBudget()
    for _ in range(firsts):
        budget.first("m")

    repeats = sum(budget.spend("m") for _ in range(2 * firsts + 10))

    assert repeats == max(FLOOR, int(SHARE * firsts))


def test_portals_have_budgets_of_their_own() -> None:
    budget = RetryBudget()

    spent = [budget.spend(member_id) for member_id in ("a", "a", "a", "a", "b")]

    assert spent == [True, True, True, False, True]


def test_after_the_window_the_past_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    budget, now = RetryBudget(), 1000.0
    monkeypatch.setattr("bitrix.retry.time.monotonic", lambda: now)
    spent = [budget.spend("m") for _ in range(FLOOR + 1)]

    now += 301

    assert spent == [True] * FLOOR + [False]
    assert budget.spend("m")
