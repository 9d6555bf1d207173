"""Lines for the person (or the script) at the terminal."""

import os
import sys


def say(line: str) -> None:
    """Print one line at once. When nobody reads any more, go on without output."""
    try:
        print(line, flush=True)
    except OSError:
        # Python flushes stdout once more at exit and would fail there.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
