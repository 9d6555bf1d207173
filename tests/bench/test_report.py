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


def test_a_ratio_that_is_measured_no_more_is_told() -> None:
    before = as_committed(Goal.at_least("times", 8, 10, is_ratio=True), Goal.at_most("ms", 100, 10))

    assert report.regressions(of(), before) == ["Ingest: times: not measured any more"]


def test_what_is_new_is_no_worse_than_nothing() -> None:
    goal = Goal.at_least("times", 8, 1, is_ratio=True)

    assert report.regressions(of(goal), {}) == []
    assert report.regressions(of(goal), as_committed()) == []


def test_the_committed_report_is_one() -> None:
    assert report.committed()["sections"]
