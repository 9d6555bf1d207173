"""What is let out of a model's answer: statements whose quotes stand in their sources to the letter. Pure."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from messaging.knowledge.answer import Citation, Found, citation_of, grams_of
from messaging.knowledge.prompt import SYSTEM

MIN_QUOTE = 12
"""Characters: less stands in any text, and proves nothing."""
MAX_ANSWER = 4_000
MAX_STATEMENTS = 12
_OBJECT = re.compile(r"\{.*\}", re.DOTALL)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|<?\b[a-z][a-z0-9+.-]*://\S+|\bwww\.\S+|\bmailto:\S+", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)
_LATIN = re.compile("[a-z]", re.IGNORECASE)
_CODE = re.compile(r"\S*(?:\w\(|[_{}<>|$\[\]=\\`])\S*")
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n")
_SAID = 0.4
"""Of a statement's 4-grams must stand in its source: what says the same in other words keeps more than half."""
_LEAK = 6
"""Words in a row."""


class Unusable(Exception):
    """A model's answer has not the form that was asked for."""


@dataclass(frozen=True)
class Grounded:
    """What is left of a model's answer, and the statements that were not let out, each with its reason."""

    text: str
    citations: tuple[Citation, ...]
    dropped: tuple[tuple[str, str], ...]


def ground(said: str, sources: Sequence[Found], language: str) -> Grounded:
    """Return what of a model's words its sources support; it was to answer in `language`. Raises Unusable."""
    statements = _read(said)
    kept: list[str] = []
    citations: list[Citation] = []
    dropped: list[tuple[str, str]] = []
    for statement in statements[:MAX_STATEMENTS]:
        text, reason, citation = _check(statement, sources, language)
        if citation is None:
            dropped.append((text, reason))
            continue
        kept.append(text)
        if all(citation.quote != other.quote for other in citations):
            citations.append(citation)
    return Grounded("\n\n".join(kept)[:MAX_ANSWER], tuple(citations), tuple(dropped))


def _read(said: str) -> list[Any]:
    found = _OBJECT.search(said)
    try:
        answer = json.loads(found[0]) if found else None
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or not isinstance(answer.get("statements"), list):
        raise Unusable
    return answer["statements"] if answer.get("found") is True else []


def _check(statement: Any, sources: Sequence[Found], language: str) -> tuple[str, str, Citation | None]:
    """Return a statement as it may be shown, why it may not, and what it rests on."""
    if not isinstance(statement, dict):
        return "", "malformed", None
    text, quote, number = statement.get("text"), statement.get("quote"), statement.get("source")
    if not isinstance(text, str) or not isinstance(quote, str) or not text.strip():
        return "", "malformed", None
    shown = _SPACE.sub(" ", text).strip()
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= len(sources):
        return shown, "no_such_source", None
    passage = sources[number - 1].passage
    found = _stands_in(quote, passage.text)
    if found is None:
        return shown, "quote_not_in_source", None
    around = _around(found, passage.text)
    # A link may carry away what it is told to; only what the source itself says is shown.
    if any(match[0] not in around for match in _LINK.finditer(shown)):
        return shown, "link_not_in_source", None
    if leaks(shown):
        return shown, "says_its_instructions", None
    if _is_cyrillic(shown) != (language == "ru"):
        return shown, "not_in_the_language_asked", None
    if not _is_said_by(shown, around):
        return shown, "not_what_the_source_says", None
    at = passage.text.find(found)
    return shown, "", citation_of(passage, at, at + len(found))


def leaks(text: str) -> bool:
    """Whether a text repeats what the model was told to do."""
    words = _words(text)
    return any(tuple(words[at : at + _LEAK]) in _TOLD for at in range(len(words) - _LEAK + 1))


def _is_said_by(text: str, source: str) -> bool:
    """Whether a statement may come from what stands around its quote: its numbers, codes and much of its words.

    A quote alone proves nothing: whoever obeys a poisoned source has one at hand. In another language than the
    source's words cannot be compared; then numbers and codes are what is left.
    """
    if not set(_NUMBER.findall(text)) <= set(_NUMBER.findall(source)):
        return False
    if any(code not in source for code in _CODE.findall(text)):
        return False
    script = _CYRILLIC if _is_cyrillic(source) else _LATIN
    comparable = " ".join(word for word in text.split() if script.search(word))
    grams = grams_of(comparable)
    return len(grams & grams_of(source)) >= _SAID * len(grams)


def _around(quote: str, text: str) -> str:
    """Return the sentences that a quote stands in."""
    at = text.find(quote)
    begin = max((match.end() for match in _SENTENCE.finditer(text, 0, at)), default=0)
    after = _SENTENCE.search(text, at + len(quote.rstrip(".!?…")))
    return text[begin : after.start() if after else len(text)]


def _is_cyrillic(text: str) -> bool:
    return len(_CYRILLIC.findall(text)) > len(_LATIN.findall(text))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower().replace("ё", "е"))


_TOLD = {
    tuple(words[at : at + _LEAK])
    for words in (_words(said) for said in SYSTEM.values())
    for at in range(len(words) - _LEAK + 1)
}


def _stands_in(quote: str, text: str) -> str | None:
    """Return a quote as it stands in a text, whose white space may be another; None where it does not."""
    words = quote.strip().split()
    if len("".join(words)) < MIN_QUOTE:
        return None
    found = re.search(r"\s+".join(map(re.escape, words)), text)
    return found[0] if found else None
