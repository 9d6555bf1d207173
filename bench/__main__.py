"""`python -m bench`: measure, print the table, write `bench/report.md` and `bench/report.json`."""

import argparse
import asyncio
import os
from collections.abc import Iterator

from bench import calls, decode, delivery, ingest, outages, replies, report, scale
from bench.load import LoadFailed
from bench.report import Section
from devstack.errors import StackError


def main() -> None:
    """Run the command line. Exits non-zero when anything acknowledged is not stored exactly once."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--quick", action="store_true", help="two minutes, less exact; leaves the report as it is")
    quick: bool = parser.parse_args().quick
    load_average = round(os.getloadavg()[0], 2)
    sections: list[Section] = []
    found = report.Report(report.now(), report.commit(), report.machine(), load_average, sections)
    try:
        for part in _parts(quick=quick):
            sections += part
            if not quick:
                found.write()  # what is measured stays, whatever becomes of the rest
    except (ingest.NotDurable, calls.CallerFailed, LoadFailed, StackError) as error:
        raise SystemExit(f"bench: {error}") from None
    print(found.markdown())


def _parts(*, quick: bool) -> Iterator[list[Section]]:
    yield [decode.measure()]
    yield asyncio.run(calls.measure(calls.QUICK if quick else calls.FULL))
    yield [asyncio.run(ingest.measure(ingest.QUICK if quick else ingest.FULL))]
    yield [asyncio.run(outages.measure(outages.QUICK if quick else outages.FULL))]
    yield asyncio.run(scale.measure(scale.QUICK if quick else scale.FULL))
    yield asyncio.run(delivery.measure(delivery.QUICK if quick else delivery.FULL))
    yield [asyncio.run(replies.measure(replies.QUICK if quick else replies.FULL))]


if __name__ == "__main__":
    main()
