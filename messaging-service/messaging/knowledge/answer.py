"""An answer without a model: what the documents say, to the letter, or an honest no."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from messaging.knowledge.document import StoredPassage
from messaging.knowledge.lexical import FOUND

QUOTE_LENGTH = 700
"""Characters of a quote: more is not read in a messenger, and the source is named for who wants more."""
SECOND = 0.9
"""Of the best score: a passage of another document as good as this is quoted too."""
_PARAGRAPH = re.compile(r"\n\s*\n")
_SENTENCE = re.compile(r"(?<=[.!?…])\s+")
_GRAM = 4


@dataclass(frozen=True)
class Found:
    """A passage that fits a question."""

    passage: StoredPassage
    score: float
    coverage: float
    """The share of the question that the passage covers, 0 to 1."""


@dataclass(frozen=True)
class Citation:
    """A quote that stands in its passage to the letter."""

    passage: StoredPassage
    quote: str


@dataclass(frozen=True)
class Answer:
    """An answer in Markdown; without citations it says that there is none."""

    text: str
    citations: tuple[Citation, ...]

    @property
    def is_found(self) -> bool:
        """Whether it comes from documents."""
        return bool(self.citations)


NOT_FOUND = Answer("", ())


def extractive(question: str, found: Sequence[Found]) -> Answer:
    """Return what the best passages say, at most two of different documents; NOT_FOUND below the gate."""
    if not found or found[0].coverage < FOUND:
        return NOT_FOUND
    best = found[0]
    cited = [best]
    for other in found[1:]:
        is_as_good = other.score >= SECOND * best.score and other.coverage >= FOUND
        if is_as_good and other.passage.document_id != best.passage.document_id:
            cited.append(other)
            break
    citations = tuple(Citation(one.passage, quote(question, one.passage.text)) for one in cited)
    return Answer("\n\n".join(citation.quote for citation in citations), citations)


def quote(question: str, text: str) -> str:
    """Return the part of a passage that fits a question best: whole if it is short, else sentences in a row."""
    if len(text) <= QUOTE_LENGTH:
        return text.strip()
    cuts = sorted(
        {0, len(text), *(m.end() for m in _PARAGRAPH.finditer(text)), *(m.end() for m in _SENTENCE.finditer(text))}
    )
    asked = _grams(question)
    parts = list(zip(cuts, cuts[1:], strict=False))
    best, best_fit = (0, min(len(text), QUOTE_LENGTH)), -1.0
    for first, (begin, _) in enumerate(parts):
        ends = [end for _, end in parts[first:] if end - begin <= QUOTE_LENGTH] or [begin + QUOTE_LENGTH]
        fit = len(asked & _grams(text[begin : ends[-1]])) - begin / len(text) / 2  # of two alike the earlier
        if fit > best_fit:
            best, best_fit = (begin, ends[-1]), fit
    return text[best[0] : best[1]].strip()


def _grams(text: str) -> set[str]:
    said = " ".join(re.findall(r"\w+", text.lower().replace("ё", "е")))
    return {said[at : at + _GRAM] for at in range(len(said) - _GRAM + 1)}
