"""Characters as search and Postgres want them, with the offsets moved along."""

import re
import unicodedata
from itertools import accumulate, pairwise

from messaging.knowledge.extracted import Draft

_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
"""Soft hyphens, joiners and marks of direction: they part words for a search and hide text from a reader."""
_BLANK = re.compile("[\x00-\x08\x0b-\x1f\x7f\u00a0\u2007\u2009\u202f\ud800-\udfff\ufffe\uffff]")
"""Controls, which Postgres does not store (NUL) or nobody reads, and spaces that do not break."""
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{}~])")
_HYPHENED = re.compile(r"(?<=[а-яёa-z])- (?=(?:то|либо|нибудь|таки)\b)")
_CUT = re.compile(r"(?<=[а-яёa-z])- (?!(?:и|или|and|or)\b)(?=[а-яёa-z]{2})")


def clean_text(text: str) -> str:
    """Return composed characters (a Mac writes й as two), without unseen ones, every odd space a plain one."""
    return _BLANK.sub(" ", _UNSEEN.sub("", unicodedata.normalize("NFC", text)))


def clean(draft: Draft) -> Draft:
    """Return the draft with its text and names cleaned, and its offsets where they were meant."""
    marks = sorted({0, *draft.page_starts, *(at for _, at in draft.sheets)})
    pieces = [clean_text(draft.text[start:end]) for start, end in pairwise([*marks, len(draft.text)])]
    moved = dict(zip(marks, accumulate(map(len, pieces), initial=0), strict=False))
    return Draft(
        text="".join(pieces),
        page_starts=[moved[at] for at in draft.page_starts],
        pages=draft.pages,
        sheets=[(clean_text(name), moved[at]) for name, at in draft.sheets],
        title=" ".join(clean_text(draft.title).split()),
        skipped=[(clean_text(name), code) for name, code in draft.skipped],
    )


def unescaped(markdown: str) -> str:
    """Return it without the backslashes that xberg sets though told not to; those before | hold tables."""
    return _ESCAPED.sub(r"\1", markdown)


def rejoined(text: str) -> str:
    """Return a page with the words whole that the end of a line had cut: `ут- верждён`, `кто- либо`."""
    return _CUT.sub("", _HYPHENED.sub("-", text))
