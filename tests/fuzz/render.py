"""Answers as Bitrix24 shows them: Markdown to BB codes, and names within them."""

import re

from bitrix.bbcode import escape
from bitrix.markdown import to_bbcode

LONGEST = 4_096
"""Bytes of an input that a fuzzer makes."""
SEEDS = (
    "# Итог\n\n**Да**, *может* быть, ~~нет~~ и `код`\n\n- a\n  - b\n\n3. c\n4. d\n".encode(),
    "> цитата\n> её конец\n\n[курс](https://lms.example.test/c/118) ![схема](https://a.b/c.png)\n".encode(),
    "|Товар|Цена|\n|-|-|\n|Болт|12|\n\n---\n\n```\n[send=1]x[/send]\n```\n".encode(),
    b"[se[nd](javascript:1)=rm]press[/send] &#91;b&#93; <http://a.b/[x]> [user=all]",
)
_TAG = re.compile(
    r"\[(/?)\s*(b|i|u|s|size|color|url|user|chat|br|code|img|icon|send|put|call|timestamp|context|disk)\b([^\]]*)\]",
    re.IGNORECASE,
)
_OURS = {"b", "i", "s", "code", "url"}
_LINK = re.compile(r"=(https?|mailto):", re.IGNORECASE)


def hold(data: bytes) -> None:
    """Show bytes as an answer, and as a name within one. Raise AssertionError where what must hold does not."""
    text = data.decode("utf-8", "replace")
    _escaped(text)
    is_ours(to_bbcode(text))


def _escaped(text: str) -> None:
    escaped = escape(text)
    assert not _TAG.search(escaped), "a tag from outside"
    assert ">>" not in escaped
    assert "-" * 54 not in escaped
    assert escape(escaped) == escaped


def is_ours(text: str) -> None:
    """Assert that all tags are the renderer's own, each closed where it was opened."""
    stack: list[str] = []
    for end, name, value in ((one[1], one[2].lower(), one[3]) for one in _TAG.finditer(text)):
        assert name in _OURS, f"a tag from outside: {name}"
        if not end:
            assert name != "url" or _LINK.match(value), f"a link to {value}"
            stack.append(name)
        else:
            assert stack, f"/{name} closes nothing"
            assert stack.pop() == name, f"/{name} closes another"
    assert stack == [], f"{stack} stay open"
