"""What chaos finds wrong: each way of breaking a promise is told, and a run without one is clean."""

from collections.abc import Sequence

import pytest

from tests.chaos import report
from tests.chaos.people import Dialog, Shown, Verdict, judge
from tests.chaos.report import Row

PHASES = {10: "first", 11: "first", 12: "second"}
KEYS = {f"key-{number}": number for number in PHASES}


def judged(shown: Sequence[int], given_up: Sequence[int] = ()) -> dict[str, Verdict]:
    """Judge a dialog of three questions whose screen shows the answers to `shown`, a second apart."""
    found = {"first": Verdict(written=2), "second": Verdict(written=1)}
    answers = [Shown(100 + place, f"key-{number}", float(place)) for place, number in enumerate(shown)]
    times = dict.fromkeys(PHASES, 0.0)
    judge(Dialog("m", 1, dict(PHASES)), answers, KEYS, times, {f"key-{one}" for one in given_up}, found)
    return found


def row(verdict: Verdict, times: int = 1, *, may_refuse: bool = False, has_ended: bool = True) -> Row:
    return Row("fault", times, verdict, has_ended, may_refuse, is_timed=True)


def test_what_was_answered_once_and_in_turn_is_right() -> None:
    found = judged([10, 11, 12])

    assert (found["first"].answered, found["second"].answered) == (2, 1)
    assert found["second"].longest_s == 2.0
    assert [line for verdict in found.values() for line in row(verdict).wrong] == []


@pytest.mark.parametrize(
    ("shown", "phase", "what"),
    [
        ([10, 12], "first", "lost"),
        ([10, 11, 12, 12], "second", "doubled"),
        ([11, 10, 12], "first", "disordered"),
        ([10, 12, 11], "first", "disordered"),
    ],
)
def test_each_broken_promise_is_told_with_its_phase(shown: list[int], phase: str, what: str) -> None:
    found = judged(shown)

    assert len(getattr(found[phase], what)) == 1
    assert what in row(found[phase]).wrong[0]
    others = [line for name, verdict in found.items() if name != phase for line in row(verdict).wrong]
    assert others == []


def test_what_people_sent_again_may_come_later() -> None:
    assert judged([10, 12, 11], given_up=[11])["first"].disordered == []


def test_a_refused_event_counts_unless_the_fault_may_refuse() -> None:
    refused = Verdict(written=3, refused=1, answered=2)

    assert row(refused).wrong == ["fault: 1 events were not answered 200"]
    assert row(refused, may_refuse=True).wrong == []


def test_a_fault_that_never_struck_or_stopped_everything_proves_nothing() -> None:
    assert row(Verdict(written=2, answered=2), times=0).wrong == ["fault: it never struck"]
    assert row(Verdict(written=2, refused=2), may_refuse=True).wrong == ["fault: nobody was answered"]


def test_a_reply_that_took_longer_than_is_allowed_is_told() -> None:
    slow = Row("fault", 1, Verdict(written=1, answered=1, longest_s=21.0), has_ended=True, at_most_s=20)

    assert slow.wrong == ["fault: a reply took 21 s, 20 are allowed"]


def test_what_never_came_to_its_end_is_told() -> None:
    assert row(Verdict(written=1, answered=1), has_ended=False).wrong == ["fault: not everything came to its end"]


def test_the_table_has_a_line_for_each_fault() -> None:
    lines = report.table([row(Verdict(written=2, answered=2, longest_s=1.4))]).splitlines()

    assert lines[2] == "| fault | 1 | 2 | 0 | 2 | 0 | 0 | 0 | 1 |"
