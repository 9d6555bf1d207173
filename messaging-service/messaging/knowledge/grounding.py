"""What is let out of a model's answer: statements whose quotes stand in their sources to the letter. Pure."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from messaging.knowledge.answer import Citation, Found, path_of

MIN_QUOTE = 12
"""Characters: less stands in any text, and proves nothing."""
MAX_ANSWER = 4_000
MAX_STATEMENTS = 12
_OBJECT = re.compile(r"\{.*\}", re.DOTALL)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|<?\b[a-z][a-z0-9+.-]*://\S+|\bwww\.\S+|\bmailto:\S+", re.IGNORECASE)
_SPACE = re.compile(r"\s+")


class Unusable(Exception):
    """A model's answer has not the form that was asked for."""


@dataclass(frozen=True)
class Grounded:
    """What is left of a model's answer, and the statements that were not let out, each with its reason."""

    text: str
    citations: tuple[Citation, ...]
    dropped: tuple[tuple[str, str], ...]


def ground(said: str, sources: Sequence[Found]) -> Grounded:
    """Return what of a model's words its sources support. Raises Unusable."""
    statements = _read(said)
    kept: list[str] = []
    citations: list[Citation] = []
    dropped: list[tuple[str, str]] = []
    for statement in statements[:MAX_STATEMENTS]:
        text, reason, citation = _check(statement, sources)
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


def _check(statement: Any, sources: Sequence[Found]) -> tuple[str, str, Citation | None]:
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
    # A link may carry away what it is told to; only what the source itself says is shown.
    if any(match[0] not in passage.text for match in _LINK.finditer(shown)):
        return shown, "link_not_in_source", None
    return shown, "", Citation(passage, found, path_of(passage, passage.text.find(found)))


def _stands_in(quote: str, text: str) -> str | None:
    """Return a quote as it stands in a text, whose white space may be another; None where it does not."""
    words = quote.strip().split()
    if len("".join(words)) < MIN_QUOTE:
        return None
    found = re.search(r"\s+".join(map(re.escape, words)), text)
    return found[0] if found else None
