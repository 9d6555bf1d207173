"""What is let out of a model's answer: statements whose quotes stand in their sources to the letter. Pure."""

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from messaging.knowledge import support
from messaging.knowledge.answer import Citation, Found, citation_of

MIN_QUOTE = 12
"""Characters: less stands in any text, and proves nothing."""
MAX_ANSWER = 4_000
MAX_STATEMENTS = 12
MAX_STATEMENT = 1_000
_OBJECT = re.compile(r"\{.*\}", re.DOTALL)
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n")
_SPACE = re.compile(r"\s+")
_UNSEEN = {"Cc", "Cf", "Cs", "Co"}


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
    kept: list[str] = []
    citations: list[Citation] = []
    dropped: list[tuple[str, str]] = []
    for statement in _read(said)[:MAX_STATEMENTS]:
        text, quote, number = _parts(statement)
        reason, citation = _check(text, quote, number, sources, language)
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
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict) or not isinstance(answer.get("statements"), list):
        raise Unusable
    return answer["statements"] if answer.get("found") is True else []


def _parts(statement: Any) -> tuple[str, str, int]:
    """Return a statement's text, quote and the number of its source; "" and 0 for what is none."""
    given = statement if isinstance(statement, dict) else {}
    text, quote, number = given.get("text"), given.get("quote"), given.get("source")
    place = number if isinstance(number, int) and not isinstance(number, bool) else 0
    return _text(text), _text(quote), place


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MAX_STATEMENT:
        return ""
    shown = _SPACE.sub(" ", value).strip()
    return "" if any(unicodedata.category(letter) in _UNSEEN for letter in shown) else shown


def _check(
    text: str, quote: str, number: int, sources: Sequence[Found], language: str
) -> tuple[str, Citation | None]:
    """Return why a statement may not be shown, or what it rests on."""
    if not text or not quote:
        return "malformed", None
    if not 1 <= number <= len(sources):
        return "no_such_source", None
    passage = sources[number - 1].passage
    found = _stands_in(quote, passage.text)
    if found is None:
        return "quote_not_in_source", None
    if reason := support.why_not(text, found, _around(found, passage.text), passage.text, language):
        return reason, None
    at = passage.text.find(found)
    return "", citation_of(passage, at, at + len(found))


def _around(quote: str, text: str) -> str:
    """Return the sentences that a quote stands in."""
    at = text.find(quote)
    begin = max((match.end() for match in _SENTENCE.finditer(text, 0, at)), default=0)
    after = _SENTENCE.search(text, at + len(quote.rstrip(".!?…")))
    return text[begin : after.start() if after else len(text)]


def _stands_in(quote: str, text: str) -> str | None:
    """Return a quote as it stands in a text, whose white space may be another; None where it does not."""
    words = quote.split()
    if len("".join(words)) < MIN_QUOTE:
        return None
    found = re.search(r"\s+".join(map(re.escape, words)), text)
    return found[0] if found else None
