"""A long text with BB codes as several messages: the platform cuts what is over 20 000 (contract 4.7)."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

PART_LENGTH = 15_000
"""Characters of one message, as the docs advise (contract 4.7)."""
MIN_LENGTH = 9_000

_PAIRED = "b|i|u|s|size|color|url|user|chat|code|img|send|put|call|context"
_TAG = re.compile(rf"\[(?P<end>/?)(?P<name>{_PAIRED})(?P<value>[= ][^\[\]\n]*)?\]", re.IGNORECASE)
_MAX_OPEN = 4_000
"""Characters that open tags and their ends may take of a part: less than half of it, so that each part gets on."""


@dataclass(frozen=True)
class _Open:
    """A tag that is open, within those that were open before it."""

    tag: str
    name: str
    outer: "_Open | None"
    cost: int
    """Characters that all of them and their ends take."""
    end_cost: int
    """Characters that all of their ends take."""

    @property
    def end(self) -> str:
        return f"[/{self.name}]"


class _Tags:
    """The tags of a text's beginning and what is open after each, read once for all places where it may be cut."""

    def __init__(self, text: str, until: int) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._open: list[_Open | None] = [None]
        for tag in _TAG.finditer(text):
            if tag.start() >= until:
                break
            self._starts.append(tag.start())
            self._ends.append(tag.end())
            self._open.append(_after(self._open[-1], tag))

    def is_within(self, at: int) -> bool:
        """Tell whether a place lies inside of a tag."""
        count = bisect_left(self._starts, at)
        return count > 0 and at < self._ends[count - 1]

    def open_at(self, at: int) -> list[_Open]:
        """Return the tags that are open at a place, outermost first."""
        return list(_outwards(self._open[bisect_left(self._starts, at)]))[::-1]

    def cost_at(self, at: int) -> int:
        """Return how many characters close what is open at a place."""
        opened = self._open[bisect_left(self._starts, at)]
        return opened.end_cost if opened else 0


def split(text: str, length: int = PART_LENGTH) -> list[str]:
    """Return a text as parts of at most `length` characters (at least MIN_LENGTH), none of them blank.

    A part ends after a paragraph where it can, else after a line, a word, a character, never inside of a tag. What
    is open there is closed, and opened again in the next part. Characters are code points, as PHP's mb_strlen
    counts them.
    """
    parts = []
    text = text.strip()
    while len(text) > length:
        known = _Tags(text, length)
        at, border = _cut(text, length, known)
        tags = known.open_at(at)
        parts.append(text[:at].rstrip() + "".join(one.end for one in reversed(tags)))
        line = text[text.rfind("\n", 0, at) + 1 : at]
        quote = ">> " if line.startswith(">>") and "\n" not in border else ""
        text = "".join(one.tag for one in tags) + quote + text[at + len(border) :].lstrip("\n")
    return [part for part in (*parts, text) if _TAG.sub("", part).strip(" >\n")]


def _cut(text: str, length: int, known: _Tags) -> tuple[int, str]:
    """Return where a part of `text` ends, and the border that is left out there."""
    for border in ("\n\n", "\n", " "):
        at = length + 1
        while (at := text.rfind(border, length // 2, at)) > 0:
            if _fits(text, at, length, known):
                return at, border
    at = length
    while at > length // 2 and not _fits(text, at, length, known):
        at -= 1
    return at, ""


def _fits(text: str, at: int, length: int, known: _Tags) -> bool:
    return not known.is_within(at) and len(text[:at].rstrip()) + known.cost_at(at) <= length


def _after(opened: _Open | None, tag: re.Match[str]) -> _Open | None:
    """Return what is open after a tag."""
    name = tag["name"].lower()
    if opened and opened.name.lower() == "code" and not (tag["end"] and name == "code"):
        return opened  # within code nothing else is a tag
    if not tag["end"]:
        cost = (opened.cost if opened else 0) + 2 * len(tag[0])
        end_cost = (opened.end_cost if opened else 0) + len(f"[/{name}]")
        return _Open(tag[0], tag["name"], opened, cost, end_cost) if cost <= _MAX_OPEN else opened
    return next((one.outer for one in _outwards(opened) if one.name.lower() == name), opened)


def _outwards(opened: _Open | None) -> Iterator[_Open]:
    while opened:
        yield opened
        opened = opened.outer
