"""A long text as several messages: rendered, and as it stands."""

import re

from bitrix.markdown import to_bbcode
from bitrix.parts import MIN_LENGTH, split
from tests.fuzz import render

LONGEST = 2_048
"""Bytes of an input that a fuzzer makes."""
SEEDS = (
    *render.SEEDS,
    b"[b][i]",
    "[code]слово [url=https://a.b]\n\n".encode(),
    ">> цитата [/code] [b]слово[/b]\n".encode(),
)
_LONG = 10_000
"""Characters: an input is said again until it falls into two parts."""
_PAIRED = re.compile(
    r"\[/?(b|i|u|s|size|color|url|user|chat|code|img|send|put|call|context)([= ][^\[\]\n]*)?\]", re.IGNORECASE
)
_LEFT_OUT = re.compile(r"[\s>]")


def hold(data: bytes) -> None:
    """Cut bytes as an answer and as they stand. Raise AssertionError where what must hold does not."""
    text = data.decode("utf-8", "replace")
    long = text * (1 + _LONG // max(1, len(text)))
    rendered = to_bbcode(long[: _LONG + 1_000])
    for part in _cut(rendered):
        render.is_ours(part)
    _cut(long)


def _cut(text: str) -> list[str]:
    parts = split(text, MIN_LENGTH)
    assert all(0 < len(part) <= MIN_LENGTH for part in parts)
    # Each by itself: an end and a beginning that are two messages make no tag.
    assert "".join(map(_seen, parts)) == _seen(text), "a part lost something"
    return parts


def _seen(text: str) -> str:
    return _LEFT_OUT.sub("", _PAIRED.sub("", text))
