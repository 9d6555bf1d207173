"""The README's numbers are those of the last benchmark: bench/report.md, but for what a rerun changes."""

import re

import pytest

from tests.house.sources import ROOT

README = (ROOT / "README.md").read_text()
REPORT = (ROOT / "bench" / "report.md").read_text()
INGEST, OUTAGES, LISTS = "Ingest: POST", "Outages of 60 s", "Lists at 10,000,000"
REPLIES, QUEUE, FINDING = "Replies: from", "Delivery: 2000", "Finding the page"
SHOWN = {
    # how the README has it, where # is the number: the section, the row and the column of the report
    "durable? | # a second": (INGEST, "ours", "events/s"),
    "| # times an honest monolith": (INGEST, "ours", "x monolith"),
    "# times a handler that": (INGEST, "ours", "x bare"),
    "list of the console take at ten million messages? | p95 # ms": (LISTS, "messages, first page", "p95, ms"),
    "the slowest of 30 lists # ms": (LISTS, "requests, domain", "p95, ms"),
    "at half of what goes through? | p50 # ms": (REPLIES, "half of it, from documents", "p50, ms"),
    "| p99 # ms | `replies`": (REPLIES, "half of it, from documents", "p99, ms"),
    "within a portal's limits? | # a minute": (QUEUE, "ours, messages/min", "measured"),
    "| # one by one": (QUEUE, "a request a message (b24pysdk), messages/min", "measured"),
    "found for a question? | # within five": (FINDING, "all | ours", "@5"),
    "| # by stemmed BM25": (FINDING, "all | stemmed BM25", "@5"),
    "BM25, # by Postgres": (FINDING, "all | Postgres full text", "@5"),
}
NOTHING = ("lost", "doubled", "disordered")
OTHERWISE = 0.25
"""What one run of the benchmarks may differ from another."""


def measured(section: str, row: str, column: str) -> float:
    """A number of the report; a row is named by its first cells."""
    [text] = [part for part in REPORT.split("\n## ") if part.startswith(section)]
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")]
    head = next(line for line in lines if column in line)
    [found] = [
        line for line in lines if " | ".join(line[: row.count(" | ") + 1]) == row and len(line) == len(head)
    ]
    number = re.match(r"[\d,.]+", found[head.index(column)])
    assert number, found
    return float(number[0].replace(",", ""))


@pytest.mark.parametrize("shown", SHOWN)
def test_a_number_of_the_readme_is_what_was_measured(shown: str) -> None:
    before, after = map(re.escape, shown.split("#"))
    [number] = re.findall(rf"{before}(\d[\d. ]*\d|\d){after}", README)

    assert float(number.replace(" ", "")) == pytest.approx(measured(*SHOWN[shown]), rel=OTHERWISE)


@pytest.mark.parametrize("shown", SHOWN)
def test_a_row_of_the_readme_names_the_part_that_measures_it(shown: str) -> None:
    before, after = map(re.escape, shown.split("#"))
    [line] = [line for line in README.splitlines() if re.search(rf"{before}\d[\d. ]*{after}", line)]
    part = re.findall(r"`(\w+)` \|$", line)
    [section] = [section for section in REPORT.split("\n## ") if section.startswith(SHOWN[shown][0])]

    assert re.findall(r"--only (\w+)`", section) == part


@pytest.mark.parametrize("column", NOTHING)
def test_nothing_is_lost_doubled_or_overtaken_in_an_outage(column: str) -> None:
    faults = ("Postgres stopped", "messaging killed", "Redis wiped and killed")

    assert {measured(OUTAGES, fault, column) for fault in faults} == {0}
    assert "is away for a minute? | 0 | 0 doubled, 0 overtaken, none waits longer than" in README


def test_the_parts_that_the_readme_names_are_those_of_the_benchmarks() -> None:
    table = README.partition("| question | measured |")[2].partition("\n\n")[0]
    named = set(re.findall(r"\| `(\w+)` \|$", table, re.MULTILINE))
    parts = set(re.findall(r'^    "(\w+)": ', (ROOT / "bench" / "__main__.py").read_text(), re.MULTILINE))

    assert len(named) == 6
    assert named <= parts
