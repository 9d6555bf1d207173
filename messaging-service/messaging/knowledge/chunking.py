"""Cutting a document into chunks along its headings, paragraphs and sentences.

On 2 450 Russian pages structure beats blind cuts of the same size by 7 to 11 % of MRR, and overlap buys nothing.
"""

import bisect
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LONGEST = 1_200
"""Characters; no chunk is longer."""
SHORTEST = LONGEST // 6
"""A chunk shorter than this joins its neighbour where both fit into one."""

_HEADING = re.compile(r"(#{1,6})[ \t]+(.*?)[ \t#]*$")
_FENCE = re.compile(r"[ \t]*(```|~~~)")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")
_BLANK = re.compile(r"\s+")


@dataclass(frozen=True)
class Chunk:
    """A piece of a document; it stands verbatim at `text[start:end]` of it."""

    text: str
    headings: tuple[str, ...]
    """From the outermost to the one it stands under."""
    start: int
    end: int
    page: int | None
    """Where it begins, 1-based; None where the document has no pages."""
    page_breaks: tuple[int, ...] = ()
    """Characters of it at which further pages begin."""


@dataclass(frozen=True)
class _Piece:
    start: int
    end: int
    headings: tuple[str, ...]


def chunk(text: str, page_starts: Sequence[int] = ()) -> list[Chunk]:
    """Cut Markdown into chunks; every character that is not blank is in exactly one of them.

    `page_starts` are the offsets at which pages 1, 2, ... begin, ascending.
    """
    sections, cuts = _outline(text)
    parts = [part for section in sections for part in _parts(text, section, cuts)]
    return [
        Chunk(
            text[part.start : part.end],
            part.headings,
            part.start,
            part.end,
            max(1, bisect.bisect_right(page_starts, part.start)) if page_starts else None,
            tuple(start - part.start for start in page_starts if part.start < start < part.end),
        )
        for part in _glued(parts)
    ]


def _outline(text: str) -> tuple[list[_Piece], tuple[list[int], list[int]]]:
    """Find the sections, and the offsets where paragraphs and where lines begin.

    A heading with nothing of its own below it goes with the one that follows. A blank line within code ends no
    paragraph.
    """
    sections: list[_Piece] = []
    paragraphs: list[int] = []
    lines: list[int] = []
    path: dict[int, str] = {}
    start = offset = 0
    has_body = is_code = was_blank = False
    for line in text.splitlines(keepends=True):
        heading = None if is_code else _HEADING.match(line.rstrip())
        lines.append(offset)
        if was_blank and not is_code:
            paragraphs.append(offset)
        was_blank = not line.strip()
        if heading:
            if has_body:
                sections.append(_Piece(start, offset, tuple(path.values())))
                start, has_body = offset, False
            level = len(heading[1])
            path = {above: name for above, name in path.items() if above < level} | {level: heading[2]}
        else:
            is_code ^= bool(_FENCE.match(line))
            has_body = has_body or not was_blank
        offset += len(line)
    return [*sections, _Piece(start, offset, tuple(path.values()))], (paragraphs, lines)


def _parts(text: str, section: _Piece, cuts: tuple[list[int], list[int]]) -> Iterator[_Piece]:
    """Yield the section in parts of about the same length, as few as may be."""
    start, end = _stripped(text, section.start, section.end)
    while end - start > LONGEST:
        even = (end - start) // -(-(end - start) // LONGEST)
        cut = _cut(text, cuts, start + even // 2, start + LONGEST, start + even)
        yield _Piece(*_stripped(text, start, cut), section.headings)
        start, end = _stripped(text, cut, end)
    if start < end:
        yield _Piece(start, end, section.headings)


def _cut(text: str, cuts: tuple[list[int], list[int]], low: int, high: int, wanted: int) -> int:
    """Return where to cut within (low, high]: between paragraphs, else lines, sentences, words, else anywhere."""
    for offsets in cuts:
        near = offsets[bisect.bisect_right(offsets, low) : bisect.bisect_right(offsets, high)]
        if near:
            return min(near, key=lambda offset: abs(offset - wanted))
    for pattern in (_SENTENCE_END, _BLANK):
        near = [found.end() for found in pattern.finditer(text, low, high)]
        if near:
            return min(near, key=lambda offset: abs(offset - wanted))
    return wanted


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    return start + left, start + max(left, len(piece.rstrip()))


def _glued(parts: Sequence[_Piece]) -> list[_Piece]:
    """Join what is too short to stand alone to what is before it, or after it at the beginning."""
    glued: list[_Piece] = []
    for part in parts:
        last = glued[-1] if glued else part
        is_short = min(part.end - part.start, last.end - last.start) < SHORTEST
        if glued and is_short and part.end - last.start <= LONGEST:
            longer = max(last, part, key=lambda piece: piece.end - piece.start)
            glued[-1] = _Piece(last.start, part.end, longer.headings)
        else:
            glued.append(part)
    return glued
