"""Rows of a sheet or a csv as lines, each of which is understood alone: `Товар: Болт М6; Цена: 12.5`."""

import re
from collections.abc import Iterable, Sequence
from statistics import median

_NUMBER = re.compile(r"[-+]?[\d\s.,:%/-]+|true|false", re.IGNORECASE)
_FIRST = 15
_NAME = 80


def lines_of(rows: Iterable[Sequence[str]], max_chars: int) -> list[str]:
    """Return a line a row that holds anything, up to and with the one that passes `max_chars`.

    The header is the first of the upper 15 rows that fills most columns with words; what stands above it (a title,
    a date) comes as it is. A table of one column, or of numbers only, has none: its cells are joined
    by "; ".
    """
    filled = ([_cell(value) for value in row] for row in rows)
    kept = [row for row in filled if any(row)]
    at = _header(kept)
    names = [name[:_NAME].rstrip(" :") for name in kept[at]] if at is not None else []
    lines: list[str] = []
    total = 0
    for number, row in enumerate(kept):
        if number == at:
            continue
        line = _line(row, names if at is not None and number > at else [])
        lines.append(line)
        total += len(line) + 1
        if total > max_chars:
            break
    return lines


def _cell(value: str) -> str:
    return " ".join(value.split())


def _line(row: Sequence[str], names: Sequence[str]) -> str:
    if len(names) > 2 and sum(map(bool, row)) == 1:
        names = []  # a merged cell that heads a group of rows
    parts = []
    for column, value in enumerate(row):
        name = names[column] if column < len(names) else ""
        if value:
            parts.append(f"{name}: {value}" if name else value)
    return "; ".join(parts)


def _header(rows: Sequence[Sequence[str]]) -> int | None:
    width = median([sum(map(bool, row)) for row in rows[: 2 * _FIRST]] or [0])
    for number, row in enumerate(rows[:-1][:_FIRST]):
        names = [value for value in row if value]
        numbers = sum(bool(_NUMBER.fullmatch(name)) for name in names)
        if len(names) >= max(2, 0.6 * width) and numbers * 2 < len(names):
            return number
    return None
