"""atheris on one of the targets, `python -m tests.fuzz TARGET [libFuzzer's options]`: what `make fuzz` runs.

A crash is an exception or a bound that breaks; its input is written into .cache/fuzz, and after it was mended
kept in tests/fuzz/inputs, where the normal tests read it.
"""

import importlib
import sys
from pathlib import Path

import atheris

from tests.fuzz.known import TARGETS, inputs

WORK = Path(".cache") / "fuzz"
BOUNDS = ("-timeout=10", "-rss_limit_mb=2048")
"""Seconds and megabytes of one input: beyond is a crash."""


def main(name: str, *options: str) -> None:
    """Fuzz a target until it is told to stop, from all inputs that are known and what it found before."""
    with atheris.instrument_imports(include=TARGETS[name]):
        target = importlib.import_module(f"tests.fuzz.{name}")
    corpus = WORK / name
    corpus.mkdir(parents=True, exist_ok=True)
    for known, data in inputs(name, target).items():
        (corpus / known).write_bytes(data)
    where = (str(corpus), f"-max_len={target.LONGEST}", f"-artifact_prefix={WORK}/{name}-")
    atheris.Setup([sys.argv[0], *where, *BOUNDS, *options], target.hold)
    atheris.Fuzz()


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit(f"python -m tests.fuzz {'|'.join(TARGETS)} [options]")
    main(*sys.argv[1:])
