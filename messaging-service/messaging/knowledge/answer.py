"""An answer without a model: what the documents say, to the letter, or an honest no."""

import itertools
import re
from bisect import bisect_right
from collections.abc import Sequence, Set
from dataclasses import dataclass
from enum import StrEnum

from messaging.knowledge.document import StoredPassage
from messaging.knowledge.lexical import FOUND

QUOTE_LENGTH = 700
"""Characters of a quote: more is not read in a messenger, and the source is named for who wants more."""
SECOND = 0.9
"""Of the best score: a passage of another document as good as this is quoted too."""
SUGGESTED = 3
_AS_GOOD = 0.9
_NEAR = 0.5
"""Of the gate: what is as near as this may be what was meant."""
_CUT = re.compile(r"\n\s*\n|\n(?=#{1,6} )|(?<=[.!?…])\s+")
_HEADING = re.compile(r"^(#{1,6})[ \t]+(.*?)[ \t#]*$", re.MULTILINE)
_WORD = re.compile(r"\w+")
_GRAM = 4


class Kind(StrEnum):
    """What an answer is."""

    CURATED = "curated"
    KNOWLEDGE = "knowledge"
    NOT_FOUND = "not_found"
    NO_DOCUMENTS = "no_knowledge"


@dataclass(frozen=True)
class Found:
    """A passage that fits a question: how far it answers it (0 to 1), and by which wording it was found."""

    passage: StoredPassage
    score: float
    coverage: float
    wording: str = ""
    similarity: float | None = None
    """Of meaning, where a model of embeddings tells it."""


@dataclass(frozen=True)
class Citation:
    """A quote that stands in its passage to the letter, with the headings and the page that it stands on."""

    passage: StoredPassage
    quote: str
    path: tuple[str, ...]
    page: int | None


@dataclass(frozen=True)
class ModelUse:
    """What a model had to do with an answer. `failure`: why the answer was made without it, or ""."""

    model: str = ""
    failure: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    took_ms: int = 0
    prompt: str = ""
    dropped: tuple[tuple[str, str], ...] = ()
    """Statements that were not let out, and why."""


@dataclass(frozen=True)
class Answer:
    """An answer in Markdown, with what it rests on and what was looked at."""

    kind: Kind
    text: str = ""
    citations: tuple[Citation, ...] = ()
    looked_at: tuple[Found, ...] = ()
    near: tuple[str, ...] = ()
    """What may have been meant: headings to ask for."""
    model: ModelUse | None = None
    language: str = ""
    """ru or en, where not the question's own counts."""
    names_place: bool = True
    """Whether a source is named with its section and page."""

    @property
    def wording(self) -> str:
        """The question as it was looked for, "" where it was not."""
        return self.looked_at[0].wording if self.looked_at else ""


def extractive(found: Sequence[Found], gate: float = FOUND) -> Answer:
    """Return what the best passages say, at most two of different documents, or that nothing fits.

    Below `gate`, the coverage of the best passage, there is no answer.
    """
    looked_at = tuple(found)
    if not found or found[0].coverage < gate:
        return Answer(Kind.NOT_FOUND, looked_at=looked_at, near=_near(found))
    best = found[0]
    cited = [best]
    for other in found[1:]:
        is_as_good = other.score >= SECOND * best.score and other.coverage >= gate
        if is_as_good and other.passage.document_id != best.passage.document_id:
            cited.append(other)
            break
    citations = tuple(cite(one.wording, one.passage) for one in cited)
    return Answer(Kind.KNOWLEDGE, "\n\n".join(one.quote for one in citations), citations, looked_at)


def cite(question: str, passage: StoredPassage) -> Citation:
    """Return the part of a passage that fits a question best: of one section, at most QUOTE_LENGTH characters."""
    text = passage.text
    cuts = [0, *(match.end() for match in _CUT.finditer(text)), len(text)]
    parts = [(begin, end) for begin, end in itertools.pairwise(cuts) if text[begin:end].strip()]
    windows = [
        (begin, _end_of(text, begin, [end for _, end in parts[first:]])) for first, (begin, _) in enumerate(parts)
    ]
    hits = _hits(text, grams_of(question))
    fits = [len({gram for first, last, gram in hits if begin <= first and last <= end}) for begin, end in windows]
    # What stands before the answer is left out; what follows it may belong to it.
    good = [window for window, fit in zip(windows, fits, strict=True) if fit >= _AS_GOOD * max(fits)]
    begin, end = good[-1] if max(fits) else good[0]
    return citation_of(passage, begin, end)


def citation_of(passage: StoredPassage, begin: int, end: int) -> Citation:
    """Return a part of a passage as a quote, with its place."""
    quote = passage.text[begin:end].strip()
    at = passage.text.find(quote, begin)
    page = passage.page + bisect_right(passage.page_breaks, at) if passage.page else None
    return Citation(passage, quote, path_of(passage, at), page)


def _hits(text: str, asked: Set[str]) -> list[tuple[int, int, str]]:
    """Return where in a text the grams are that are asked for: (begin, end, gram), by its characters.

    One that begins or ends between two words takes a letter of the other one too.
    """
    words = [(match.start(), match[0]) for match in _WORD.finditer(_lowered(text))]
    said = " ".join(word for _, word in words)
    places = [start + at for start, word in words for at in range(len(word) + 1)]  # and of the space after it
    return [
        (places[at - gram.startswith(" ")], places[at + _GRAM - 1 + gram.endswith(" ")] + 1, gram)
        for at in range(len(said) - _GRAM + 1)
        if (gram := said[at : at + _GRAM]) in asked
    ]


def _lowered(text: str) -> str:
    """Return a text in small letters, each in its place: one that becomes two stays as it is."""
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = "".join(small if len(small := letter.lower()) == 1 else letter for letter in text)
    return lowered.replace("ё", "е")


def _end_of(text: str, begin: int, ends: Sequence[int]) -> int:
    """Return where a quote from `begin` ends: before the next section, as long as it may be."""
    first_line = text.find("\n", begin) + 1
    section = _HEADING.search(text, first_line) if first_line else None
    limit = min(section.start() if section else len(text), begin + QUOTE_LENGTH)
    return max((end for end in ends if end <= limit), default=limit)


def path_of(passage: StoredPassage, at: int) -> tuple[str, ...]:
    """Return the headings over a place of a passage: a short section may share a passage with its neighbours."""
    found = [(len(match[1]), match[2]) for match in _HEADING.finditer(passage.text) if match.start() <= at]
    if not found:
        return passage.path
    path: list[tuple[int, str]] = []
    for level, heading in found:
        path = [one for one in path if one[0] < level] + [(level, heading)]
    above = passage.path[: max(0, path[0][0] - 1)]
    return (*(heading for heading in above if heading != path[0][1]), *(heading for _, heading in path))


def _near(found: Sequence[Found]) -> tuple[str, ...]:
    headings = (
        one.passage.path[-1] if one.passage.path else one.passage.title
        for one in found
        if one.coverage >= _NEAR * FOUND
    )
    return tuple(dict.fromkeys(heading for heading in headings if heading))[:SUGGESTED]


def grams_of(text: str) -> set[str]:
    """Return the 4-grams of a text's words, across the borders of words."""
    said = " ".join(_WORD.findall(text.lower().replace("ё", "е")))
    return {said[at : at + _GRAM] for at in range(len(said) - _GRAM + 1)}
