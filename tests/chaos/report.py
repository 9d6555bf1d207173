"""What `make chaos` prints: a line for each fault, and what is wrong."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.people import Verdict

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
WHOLE = ROOT / "docs" / "chaos.md"
_BEGIN, _END = "<!-- chaos -->\n", "<!-- /chaos -->"
_HEAD = ("fault", "times", "sent", "refused", "answered", "lost", "doubled", "disordered", "longest wait, s")


@dataclass(frozen=True)
class Row:
    """A fault, and what came of the messages written while it was there."""

    fault: str
    times: int
    verdict: Verdict
    has_ended: bool
    """Whether everything came to its end after it."""
    may_refuse: bool = False
    is_timed: bool = True
    at_most_s: float = math.inf
    """How long a reply may take."""

    @property
    def wrong(self) -> list[str]:
        """What must not be, in words."""
        verdict, found = self.verdict, list[str]()
        for what in ("lost", "doubled", "disordered"):
            found += [f"{self.fault}: {what} {one}" for one in getattr(verdict, what)[:5]]
        if verdict.refused and not self.may_refuse:
            found.append(f"{self.fault}: {verdict.refused} events were not answered 200")
        if verdict.longest_s > self.at_most_s:
            found.append(f"{self.fault}: a reply took {verdict.longest_s:.0f} s, {self.at_most_s:.0f} are allowed")
        if not self.times:
            found.append(f"{self.fault}: it never struck")
        if not self.has_ended:
            found.append(f"{self.fault}: not everything came to its end")
        if not verdict.answered:
            found.append(f"{self.fault}: nobody was answered")
        return found

    def cells(self) -> Sequence[object]:
        """What the table shows of it."""
        verdict = self.verdict
        broken = (len(verdict.lost), len(verdict.doubled), len(verdict.disordered))
        longest = f"{verdict.longest_s:.0f}" if self.is_timed else "-"
        return self.fault, self.times, verdict.written, verdict.refused, verdict.answered, *broken, longest


def table(rows: Sequence[Row]) -> str:
    """Return all rows, as Markdown."""
    lines = [_HEAD, ["---"] * len(_HEAD), *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def summary(rows: Sequence[Row]) -> str:
    """Return the sums, as the README shows them."""
    verdicts = [row.verdict for row in rows]
    timed = [row for row in rows if row.is_timed]
    slowest = max(timed, key=lambda row: row.verdict.longest_s, default=None)
    cells = (
        ("kinds of fault, one at a time and then at random", len(rows)),
        ("written", sum(one.written for one in verdicts)),
        ("answered", sum(one.answered for one in verdicts)),
        ("**lost**", sum(len(one.lost) for one in verdicts)),
        ("**shown twice**", sum(len(one.doubled) for one in verdicts)),
        ("**out of order**", sum(len(one.disordered) for one in verdicts)),
        *((f"refused: {row.fault}", row.verdict.refused) for row in rows if row.verdict.refused),
        *([(f"longest wait: {slowest.fault}", f"{slowest.verdict.longest_s:.0f} s")] if slowest else []),
    )
    lines = ["| `make chaos` | |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in cells)]
    return "\n".join(lines)


def write(rows: Sequence[Row], note: str) -> None:
    """Put the sums into the README and all rows into docs/chaos.md."""
    before, _, rest = README.read_text().partition(_BEGIN)
    README.write_text(f"{before}{_BEGIN}{summary(rows)}\n{_END}{rest.partition(_END)[2]}")
    before, _, rest = WHOLE.read_text().partition(_BEGIN)
    WHOLE.write_text(f"{before}{_BEGIN}{note}\n\n{table(rows)}\n{_END}{rest.partition(_END)[2]}")
