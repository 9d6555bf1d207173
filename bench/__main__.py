"""`python -m bench`: measure, print the table, write `bench/report.md` and `bench/report.json`."""

import argparse
import asyncio
import dataclasses
import os
from collections.abc import Callable, Mapping, Sequence

from bench import (
    billing,
    calls,
    console,
    cost,
    decode,
    delivery,
    ingest,
    outages,
    replies,
    report,
    rest,
    retrieval,
    scale,
)
from bench.load import LoadFailed
from bench.report import Section
from devstack.errors import StackError

_PARTS: Mapping[str, Callable[[bool], Sequence[Section]]] = {
    "decode": lambda _quick: [decode.measure()],
    "calls": lambda quick: asyncio.run(calls.measure(calls.QUICK if quick else calls.FULL)),
    "ingest": lambda quick: [asyncio.run(ingest.measure(ingest.QUICK if quick else ingest.FULL))],
    "outages": lambda quick: [asyncio.run(outages.measure(outages.QUICK if quick else outages.FULL))],
    "scale": lambda quick: asyncio.run(scale.measure(scale.QUICK if quick else scale.FULL)),
    "delivery": lambda quick: asyncio.run(delivery.measure(delivery.QUICK if quick else delivery.FULL)),
    "billing": lambda quick: [asyncio.run(billing.measure(billing.QUICK if quick else billing.FULL))],
    "console": lambda quick: asyncio.run(console.measure(console.QUICK if quick else console.FULL)),
    "retrieval": retrieval.measure,
    "replies": lambda quick: [asyncio.run(replies.measure(replies.QUICK if quick else replies.FULL))],
    "rest": lambda quick: [asyncio.run(rest.measure(rest.QUICK if quick else rest.FULL))],
    "cost": lambda quick: asyncio.run(cost.measure(cost.QUICK if quick else cost.FULL)),
}


def main() -> None:
    """Run the command line. Exits non-zero when anything acknowledged is not stored exactly once."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--quick", action="store_true", help="two minutes, less exact; leaves the report as it is")
    parser.add_argument("--only", choices=_PARTS, nargs="+", help="these parts; leaves the report as it is too")
    asked = parser.parse_args()
    quick: bool = asked.quick
    load_average = round(os.getloadavg()[0], 2)
    sections: list[Section] = []
    found = report.Report(report.now(), report.commit(), report.machine(), load_average, sections)
    before = report.committed()
    try:
        for name in asked.only or _PARTS:
            os.sync()  # what a part left to be written is not the next one's cost
            sections += [dataclasses.replace(section, part=name) for section in _PARTS[name](quick)]
            if not quick and not asked.only:
                found.write()  # what is measured stays, whatever becomes of the rest
    except (ingest.NotDurable, calls.CallerFailed, LoadFailed, StackError) as error:
        raise SystemExit(f"bench: {error}") from None
    print(found.markdown())
    if not quick and (worse := report.regressions(found, before, is_whole=not asked.only)):
        raise SystemExit(
            "bench: worse by more than a tenth, and in every round, than the committed report:\n"
            + "\n".join(worse)
        )


if __name__ == "__main__":
    main()
