"""The log: a disk that is full stops no process and is counted."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import logging, sys, structlog
from kit import log, metrics
log.configure("test")
for number in range(1000):
    structlog.get_logger().warning("still here", number=number)
logging.getLogger("other").warning("so am I")
print(metrics.LOG_FAILURES._value.get() >= 1001, file=sys.stderr)
"""
FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="Linux has a device that is always full")
def test_a_log_that_cannot_be_written_stops_nobody() -> None:
    with FULL.open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-c", PROGRAM], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )

    assert ended.stderr == "True\n"
