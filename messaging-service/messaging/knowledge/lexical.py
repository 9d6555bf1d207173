"""Finding passages by their words, without a model: in process, from the rows of one tenant.

Three things are added up, all in 0..1:

* the passage, matched by its 4-grams across the borders of words: they bear inflection and typing errors, and know
  what stood together;
* its document, matched by the 4-grams of the consonant skeleton: they bear more of the same, and a page says in
  other places what it is about;
* the document's opening passage, matched as the first: most documents begin with what they are about.

On 610 near-twin pages the three together put the right one among the first five for .83 of the questions, the
first alone for .80, stemmed BM25 for .66; `bench/retrieval.py` measures it.
"""

import itertools
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

import numpy as np

from messaging.knowledge import query as question
from messaging.knowledge import text
from messaging.knowledge.postings import Postings

FOUND = 0.33
"""The coverage of the first hit from which on there is an answer."""
GRAM = 4
"""Code points. 3 bears more typing errors and takes pages for their twins, 5 the other way round."""
TITLE = 2
"""How often a title counts. At 8 the passages of one document look alike: -.03 MRR with descriptive titles."""
DOCUMENT = 0.8
OPENING = 0.4
"""What these two count beside the passage: of a plateau from .4 to .8 and from .3 to .5."""
_WORDINGS = 8
"""Of one question, with its synonyms, are looked up."""
NO_SYNONYMS: Mapping[str, Sequence[str]] = MappingProxyType({})
_FIELDS = 3
_TEXT_FIELD = 2
_ROW_BYTES = 400
"""Of a passage beside its texts: the object and two UUIDs."""


@dataclass(frozen=True)
class Passage:
    """What the index is made from."""

    id: UUID
    document_id: UUID
    title: str
    """The document's title, or its file name without the ending; may be empty."""
    heading: str
    """The path of headings, "A > B"; may be empty."""
    text: str


@dataclass(frozen=True)
class Hit:
    """A passage that was found."""

    passage: Passage
    score: float
    """In 0..1, higher is better; to be compared within one query only."""
    coverage: float
    """In 0..1: how much of the question the passage and its document hold; to be compared with `FOUND`.

    The geometric mean of the score and of the share of the question's skeleton that the document holds, by inverse
    document frequency.
    """


class LexicalIndex:
    """The passages of one tenant. It never changes, and any number of threads may search it."""

    def __init__(self, passages: Sequence[Passage], synonyms: Mapping[str, Sequence[str]]) -> None:
        self._passages = tuple(passages)
        self._synonyms = {name: tuple(others) for name, others in synonyms.items()}
        places: dict[UUID, int] = {}
        documents = [places.setdefault(passage.document_id, len(places)) for passage in passages]
        self._documents = np.array(documents, np.int32)
        firsts = np.unique(self._documents, return_index=True)[1]
        self._openings = firsts[self._documents]

        fields = [field for passage in passages for field in (passage.title, passage.heading, passage.text)]
        counts = np.array([TITLE, 1, 1], np.uint8)
        letters, owners = text.codes(fields)
        hashes, grams_of = text.grams(letters, owners, GRAM)
        self._by_passage = Postings.build(hashes, grams_of // _FIELDS, counts[grams_of % _FIELDS], len(passages))

        is_of_document = np.zeros(len(fields), bool)
        is_of_document[firsts * _FIELDS] = True
        is_of_document[_TEXT_FIELD::_FIELDS] = True
        kept = is_of_document[owners]
        hashes, grams_of = text.grams(*text.skeleton(letters[kept], owners[kept]), GRAM)
        self._by_document = Postings.build(
            hashes, self._documents[grams_of // _FIELDS], counts[grams_of % _FIELDS], len(places)
        )

    @classmethod
    def build(
        cls, passages: Sequence[Passage], synonyms: Mapping[str, Sequence[str]] = NO_SYNONYMS
    ) -> "LexicalIndex":
        """Index passages, those of a document in the document's order. `synonyms` are the tenant's own words.

        A name and its synonyms stand for each other, in any form of their words, and may be several words long.
        """
        return cls(passages, synonyms)

    @property
    def size_bytes(self) -> int:
        """What the index and its passages take in memory, to within a few per cent."""
        arrays = self._documents.nbytes + self._openings.nbytes
        rows = sum(sys.getsizeof(row.heading) + sys.getsizeof(row.text) + _ROW_BYTES for row in self._passages)
        return self._by_passage.size_bytes + self._by_document.size_bytes + arrays + rows

    def search(self, query: str, limit: int) -> list[Hit]:
        """Return the best passages, the best first; several may be of one document."""
        wordings = question.wordings(query, self._synonyms, self._familiarity)
        rated = (self._rate(wording) for wording in itertools.islice(wordings, _WORDINGS))
        scores, shares = max(rated, key=lambda found: float(found[0].max(initial=0)))
        places = np.flatnonzero(scores)
        places = places[np.argsort(-scores[places], kind="stable")[:limit]]
        coverage = np.sqrt(scores * shares)
        return [Hit(self._passages[place], float(scores[place]), float(coverage[place])) for place in places]

    def _rate(self, wording: str) -> tuple[text.Numbers, text.Numbers]:
        """Return each passage's score, and the share of the wording's skeleton that its document holds."""
        letters, owners = text.codes([wording])
        passages, _ = self._by_passage.match(*_weighed(letters, owners))
        documents, shares = self._by_document.match(*_weighed(*text.skeleton(letters, owners)))
        score = passages + DOCUMENT * documents[self._documents] + OPENING * passages[self._openings]
        return score / (1 + DOCUMENT + OPENING), shares[self._documents]

    def _familiarity(self, words: Sequence[str]) -> list[float]:
        """Return of each word the share of its grams that occur in any passage."""
        hashes, owners = text.grams(*text.codes(words), GRAM)
        known = np.bincount(owners, self._by_passage.has(hashes), len(words))
        familiarity: list[float] = (known / np.maximum(np.bincount(owners, minlength=len(words)), 1)).tolist()
        return familiarity


def _weighed(letters: text.Codes, owners: text.Owners) -> tuple[text.Hashes, text.Numbers]:
    """Return the grams of a wording and their weights: a long word has many, and should not drown a short one."""
    hashes, _ = text.grams(letters, owners, GRAM)
    return hashes, text.word_lengths(letters)[1 : len(hashes) + 1] ** -0.5
