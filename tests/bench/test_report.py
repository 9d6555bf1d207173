"""A report is held beside the committed one: a ratio that got worse by more than a tenth is told."""

from dataclasses import asdict
from typing import Any

import pytest

from bench import report
from bench.report import Goal, Report, Section


def of(*goals: Goal) -> Report:
    return Report("now", "abc", {}, 0.0, [Section("Ingest", (), [], goals)])


def as_committed(*goals: Goal) -> dict[str, Any]:
    return asdict(of(*goals))


@pytest.mark.parametrize(
    ("before", "now", "is_worse"),
    [
        (Goal.at_least("times", 8, 10, is_ratio=True), Goal.at_least("times", 8, 8.9, is_ratio=True), True),
        (Goal.at_least("times", 8, 10, is_ratio=True), Goal.at_least("times", 8, 9.1, is_ratio=True), False),
        (Goal.at_most("share", 1, 0.5, is_ratio=True), Goal.at_most("share", 1, 0.56, is_ratio=True), True),
        (Goal.at_most("share", 1, 0.5, is_ratio=True), Goal.at_most("share", 1, 0.3, is_ratio=True), False),
        (Goal.at_most("ms", 100, 10), Goal.at_most("ms", 100, 90), False),  # of another machine, perhaps
    ],
)
def test_a_ratio_that_got_worse_by_a_tenth_is_told(before: Goal, now: Goal, is_worse: bool) -> None:
    assert bool(report.regressions(of(now), as_committed(before))) == is_worse


@pytest.mark.parametrize(
    ("before", "now", "is_worse"),
    [
        ([9.5, 10, 12], [8.8, 8.9, 9.4], True),
        ([9.5, 10, 12], [8.8, 8.9, 9.6], False),  # as good a round as one of those before
        ([9.9, 10, 10.1], [9.2, 9.3, 9.4], False),  # surely, but by less than a tenth
        ([10], [8.8, 8.9, 9.6], True),
    ],
)
def test_rounds_that_meet_are_noise(before: list[float], now: list[float], is_worse: bool) -> None:
    more = [Goal.at_least("times", 8, rounds, is_ratio=True) for rounds in (before, now)]
    less = [Goal.at_most("times", 8, [1 / one for one in rounds], is_ratio=True) for rounds in (before, now)]

    for then, found in (more, less):
        assert bool(report.regressions(of(found), as_committed(then))) == is_worse


def test_the_spread_stands_beside_what_was_measured() -> None:
    rounds = Goal.at_least("times", 8, [12.345, 9, 1234.5])
    once = Goal.at_most("lost", 0, 0)

    assert rounds.cells() == ("times", ">= 8", "12.3", "9 to 1234 in 3", "yes")
    assert once.cells() == ("lost", "<= 0", "0", "", "yes")


def test_every_section_says_how_to_measure_it_alone() -> None:
    section = Section("Ingest", (), [], [], part="ingest")

    assert "--only ingest`" in Report("now", "abc", {}, 0.0, [section]).markdown()


def test_a_ratio_that_is_measured_no_more_is_told() -> None:
    before = as_committed(Goal.at_least("times", 8, 10, is_ratio=True), Goal.at_most("ms", 100, 10))

    assert report.regressions(of(), before) == ["Ingest: times: not measured any more"]


def test_what_is_new_is_no_worse_than_nothing() -> None:
    goal = Goal.at_least("times", 8, 1, is_ratio=True)

    assert report.regressions(of(goal), {}) == []
    assert report.regressions(of(goal), as_committed()) == []


def test_the_committed_report_is_one() -> None:
    assert report.committed()["sections"]
