"""A long text with BB codes as several messages: the platform cuts what is over 20 000 (contract 4.7)."""

import re

PART_LENGTH = 15_000
"""Characters of one message, as the docs advise (contract 4.7)."""
MIN_LENGTH = 9_000

_PAIRED = "b|i|u|s|size|color|url|user|chat|code|img|send|put|call|context"
_TAG = re.compile(rf"\[(?P<end>/?)(?P<name>{_PAIRED})(?P<value>[= ][^\[\]\n]*)?\]", re.IGNORECASE)
_MAX_OPEN = 4_000
"""Characters that open tags and their ends may take of a part: less than half of it, so that each part gets on."""


def split(text: str, length: int = PART_LENGTH) -> list[str]:
    """Return a text as parts of at most `length` characters (at least MIN_LENGTH), none of them blank.

    A part ends after a paragraph where it can, else after a line, a word, a character, never inside of a tag. What
    is open there is closed, and opened again in the next part. Characters are code points, as PHP's mb_strlen
    counts them.
    """
    parts = []
    text = text.strip()
    while len(text) > length:
        at, border = _cut(text, length)
        tags = _open_at(text, at)
        parts.append(text[:at].rstrip() + _ends(tags))
        line = text[text.rfind("\n", 0, at) + 1 : at]
        quote = ">> " if line.startswith(">>") and "\n" not in border else ""
        text = "".join(tag[0] for tag in tags) + quote + text[at + len(border) :].lstrip("\n")
    return [part for part in (*parts, text) if _TAG.sub("", part).strip(" >\n")]


def _cut(text: str, length: int) -> tuple[int, str]:
    """Return where a part of `text` ends, and the border that is left out there."""
    for border in ("\n\n", "\n", " "):
        at = length + 1
        while (at := text.rfind(border, length // 2, at)) > 0:
            if _fits(text, at, length):
                return at, border
    at = length
    while at > length // 2 and not _fits(text, at, length):
        at -= 1
    return at, ""


def _fits(text: str, at: int, length: int) -> bool:
    around = _TAG.search(text, max(0, text.rfind("[", 0, at)))
    is_inside = around is not None and around.start() < at < around.end()
    return not is_inside and len(text[:at].rstrip()) + len(_ends(_open_at(text, at))) <= length


def _open_at(text: str, at: int) -> list[re.Match[str]]:
    """Return the tags that are open at a place, outermost first."""
    tags: list[re.Match[str]] = []
    for tag in _TAG.finditer(text, 0, at):
        name = tag["name"].lower()
        names = [one["name"].lower() for one in tags]
        if names[-1:] == ["code"] and not (tag["end"] and name == "code"):
            continue  # within code nothing else is a tag
        if not tag["end"]:
            if sum(2 * len(one[0]) for one in (*tags, tag)) <= _MAX_OPEN:
                tags.append(tag)
        elif name in names:
            del tags[len(names) - 1 - names[::-1].index(name) :]
    return tags


def _ends(tags: list[re.Match[str]]) -> str:
    return "".join(f"[/{tag['name']}]" for tag in reversed(tags))
