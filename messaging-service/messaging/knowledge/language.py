"""The language of a text by its letters and commonest words. Pure."""

import re

_CYRILLIC = re.compile(r"[Ѐ-ӿ]")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]")
_ENGLISH = re.compile(r"\b(?:the|and|of|to|is|in|for|with|are|you)\b", re.IGNORECASE)
_MARKS = (
    ("kk", re.compile(r"[әғқңұһ]", re.IGNORECASE)),
    ("be", re.compile(r"ў", re.IGNORECASE)),
    ("uk", re.compile(r"[їєґ]", re.IGNORECASE)),
)
_SAMPLE = 50_000


def language_of(text: str) -> str:
    """Return ru, uk, be, kk or en; "" where the letters are too few or of another language.

    A letter of its own in 300 tells a Cyrillic language from Russian; common English words one in 40.
    """
    sample = text[:_SAMPLE]
    cyrillic, latin = len(_CYRILLIC.findall(sample)), len(_LATIN.findall(sample))
    if cyrillic + latin < 10:
        return ""
    if cyrillic * 4 >= latin:  # a Russian page about software is half Latin
        return next((name for name, mark in _MARKS if len(mark.findall(sample)) * 300 > cyrillic), "ru")
    return "en" if len(_ENGLISH.findall(sample)) * 40 > len(sample.split()) else ""
