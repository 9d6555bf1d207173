"""Logs of one host: files of lines, read from their ends, a bounded number of bytes a page, in a thread."""

import asyncio
import heapq
import os
from collections.abc import Iterator
from dataclasses import replace
from io import BufferedReader
from pathlib import Path

from edge.errors import ApiError
from edge.log_lines import REQUEST, Cursor, Line, Wanted, is_wanted, nanoseconds, plain, read

MOST_BYTES = 64 * 1024 * 1024
"""Read for one page; what is rare is looked for further on from the page's cursor."""
_BLOCK = 64 * 1024
_LONGEST = 1024 * 1024
"""Of one line; of a longer one the end is shown."""
_SLACK_NS = 1_000_000_000
"""By how much lines may stand out of their order: threads write, too."""
_FILE_OF = {"envoy": "access"}


class _Budget:
    def __init__(self) -> None:
        self.left = MOST_BYTES


async def page(
    folder: Path, wanted: Wanted, cursor: Cursor | None, limit: int
) -> tuple[list[Line], Cursor | None]:
    """Return wanted lines, newest first, and where the next page begins; None = there are no more.

    Raises ApiError 503 where there are no logs.
    """
    return await asyncio.to_thread(_page, folder, wanted, cursor, limit)


def _page(folder: Path, wanted: Wanted, cursor: Cursor | None, limit: int) -> tuple[list[Line], Cursor | None]:
    if wanted.services == ("envoy",) and not _file(folder, "envoy").exists():
        wanted = replace(wanted, services=("gateway",), event=REQUEST)  # where no proxy runs
    there = [(name, _file(folder, name)) for name in wanted.services if _file(folder, name).exists()]
    if not there:
        raise ApiError(503, "logs_unavailable", "No logs are kept here: set TB_LOG_DIR or TB_LOKI_URL.")
    begin, budget = cursor or Cursor(-1, 0), _Budget()
    found = (_of(name, path, wanted, begin.at_ns, budget) for name, path in there)
    lines, at_ns, shown, skip = list[Line](), begin.at_ns, begin.shown, begin.shown
    for place, line in heapq.merge(*found, key=lambda one: one[0], reverse=True):
        if line is None:  # a file was left here, so nothing older is known of it
            return lines, Cursor(place, shown if place == at_ns else 0)
        if skip and place == begin.at_ns:
            skip -= 1
            continue
        if len(lines) == limit:
            return lines, Cursor(at_ns, shown)
        at_ns, shown = place, shown + 1 if place == at_ns else 1
        lines.append(line)
    return lines, None


def _file(folder: Path, service: str) -> Path:
    return folder / f"{_FILE_OF.get(service, service)}.log"


def _of(
    service: str, path: Path, wanted: Wanted, begin_ns: int, budget: _Budget
) -> Iterator[tuple[int, Line | None]]:
    """Yield the wanted lines of a file, and of what was set aside of it, newest first; None where it was left."""
    words_of = (wanted.trace_id, wanted.portal_id, wanted.text, wanted.event)
    needles = [one.lower().encode() for one in words_of if one]
    since_ns = nanoseconds(wanted.since) if wanted.since else 0
    words: list[bytes] = []
    for raw in (raw for file in (path, path.with_suffix(".log.1")) for raw in _backwards(file, begin_ns, budget)):
        if not raw.startswith(b"{"):
            words += [raw] if raw else []
            continue
        is_over = budget.left <= 0
        line = read(raw, service) if is_over or words or _holds(raw, needles) else None
        if line is None:
            continue
        if line.at_ns < since_ns:
            return
        if begin_ns == -1 or line.at_ns <= begin_ns:
            if is_over:
                yield line.at_ns, None
                return
            for one, its_raw in (*_said(words, line), (line, raw)):
                if _holds(its_raw, needles) and is_wanted(one, wanted):
                    yield one.at_ns, one
        words = []


def _said(words: list[bytes], before: Line) -> Iterator[tuple[Line, bytes]]:
    """Yield words that are no lines of ours: they came after the line before them, which has a moment."""
    if words:
        said = b"\n".join(reversed(words))
        yield plain(said.decode(errors="replace"), before.service, before.at_ns), said


def _holds(raw: bytes, needles: list[bytes]) -> bool:
    return not needles or all(needle in raw.lower() for needle in needles)


def _backwards(path: Path, begin_ns: int, budget: _Budget) -> Iterator[bytes]:
    """Yield the lines of a file up to a moment (-1 = all), the last first."""
    try:
        file = path.open("rb")
    except OSError:
        return
    with file:
        place = file.seek(0, os.SEEK_END) if begin_ns == -1 else _behind(file, begin_ns + _SLACK_NS)
        rest = b""
        while place > 0:
            size = min(_BLOCK, place)
            place = file.seek(place - size)
            budget.left -= size
            first, *lines = (file.read(size) + rest).split(b"\n")
            rest = first[-_LONGEST:]
            yield from reversed(lines)
        yield rest


def _behind(file: BufferedReader, at_ns: int) -> int:
    """Return a place behind all lines up to a moment, and not far behind."""
    low, high = 0, file.seek(0, os.SEEK_END)
    while high - low > _BLOCK:
        middle = (low + high) // 2
        file.seek(middle)
        file.readline()
        found = _first_moment(file)
        if found is not None and found <= at_ns:
            low = middle
        else:
            high = middle
    file.seek(high)
    file.readline()
    return file.tell()


def _first_moment(file: BufferedReader) -> int | None:
    ends = file.tell() + _LONGEST
    while file.tell() < ends and (raw := file.readline()):
        if line := read(raw, ""):
            return line.at_ns
    return None
