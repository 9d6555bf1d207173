"""Finding passages by their words, without a model: in process, from the rows of one tenant.

Three things are added up, all in 0..1:

* the passage, matched by its 4-grams across the borders of words: they bear inflection and typing errors, and know
  what stood together;
* its document, matched by the 4-grams of the consonant skeleton: they bear more of the same, and a page says in
  other places what it is about;
* the document's opening passage, matched as the first: most documents begin with what they are about.

On 610 near-twin pages the three together put the right one among the first five for .83 of the questions, the
first alone for .81 (MRR .70 and .65), stemmed BM25 for .67 (.47); `bench/retrieval.py` measures it.
"""

import itertools
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

import numpy as np

from messaging.knowledge import query as question
from messaging.knowledge import text
from messaging.knowledge.fusion import fused
from messaging.knowledge.passage import Passage
from messaging.knowledge.postings import Part, Postings

FOUND = 0.29
"""The coverage of the first hit from which on there is an answer.

Over 610 documents it refuses all of 18 questions that have no answer, 54 of 56 everyday ones that we wrote
ourselves, and 6 % of those that have one: most have two typing errors or a foreign synonym. Over 100, 20 and 5 of
the documents it refuses .98 and more, and 6 to 12 %. Over twelve notes of an office, another sort of text, it
refuses 25 of 25, and 7 of 40: those share no word or hardly one with their answer.
"""
STRANGE = 0.1
LEAST_KNOWN = 0.05
FEW, MANY = 100, 1_600
"""Passages. Among FEW a word that none of them has says nothing, among MANY that something else was asked for.

Coverage is multiplied by the share that is known of the least known word, LEAST_KNOWN at least, to the power of
STRANGE where there are MANY, of nothing where there are FEW.
"""
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
UNKNOWN: Mapping[UUID, float] = MappingProxyType({})
_COUNTS = np.array([TITLE, 1, 1], np.uint8)
"""How often the title, the heading and the text of a passage count."""
_TEXT = 2
_SLICE = 2_048
"""Passages whose letters are in memory at a time while an index is built."""
_ROW_BYTES = 480
"""Of a passage beside its texts: the object, two UUIDs and where it is found by its id."""


@dataclass(frozen=True)
class Hit:
    """A passage that was found."""

    passage: Passage
    score: float
    """In 0..1, higher is better; to be compared within one query only."""
    coverage: float
    """In 0..1: how far the question is answered, to be compared with `FOUND` and between queries.

    The geometric mean of the score and of the share of the question's words that the passage holds, where a word
    counts by the root of its length and the rarity of its grams, and is held as far as its grams are. Less where a
    word is known to no passage at all (STRANGE).
    """
    wording: str
    """Of the question, by which it was found: without small talk, in the layout that was meant."""
    similarity: float | None = None
    """Of its meaning to the question's, by a model of embeddings, where there is one."""


class LexicalIndex:
    """The passages of one tenant. It never changes, and any number of threads may search it."""

    def __init__(self, passages: Sequence[Passage], synonyms: Mapping[str, Sequence[str]]) -> None:
        self.passages = tuple(passages)
        self._synonyms = {name: tuple(others) for name, others in synonyms.items()}
        self._places = {passage.id: place for place, passage in enumerate(passages)}
        places: dict[UUID, int] = {}
        documents = [places.setdefault(passage.document_id, len(places)) for passage in passages]
        self._documents = np.array(documents, np.int32)
        self._openings = np.unique(self._documents, return_index=True)[1][self._documents]
        self._by_passage = Postings.build(self._passage_grams(), len(passages))
        self._by_document = Postings.build(self._document_grams(), len(places))

    @classmethod
    def build(
        cls, passages: Sequence[Passage], synonyms: Mapping[str, Sequence[str]] = NO_SYNONYMS
    ) -> "LexicalIndex":
        """Index passages, those of a document in the document's order. `synonyms` are the tenant's own words.

        A name and its synonyms stand for each other, in any form of their words, and may be several words long.
        """
        return cls(passages, synonyms)

    def _letters(self) -> Iterator[tuple[text.Codes, text.Owners]]:
        """Yield the letters of all fields, and the field of each: title, heading and text of every passage."""
        for start in range(0, len(self.passages), _SLICE):
            rows = self.passages[start : start + _SLICE]
            letters, owners = text.codes([field for row in rows for field in (row.title, row.heading, row.text)])
            yield letters, owners + np.int32(start * len(_COUNTS))

    def _passage_grams(self) -> Iterator[Part]:
        for letters, owners in self._letters():
            hashes, fields = text.grams(letters, owners, GRAM)
            yield hashes, fields // len(_COUNTS), _COUNTS[fields % len(_COUNTS)]

    def _document_grams(self) -> Iterator[Part]:
        """Yield those of the skeleton, without the headings, and the title once a document."""
        kept = np.zeros(len(self.passages) * len(_COUNTS), bool)
        kept[_TEXT :: len(_COUNTS)] = True
        kept[self._openings * len(_COUNTS)] = True
        for letters, owners in self._letters():
            is_kept = kept[owners]
            hashes, fields = text.grams(*text.skeleton(letters[is_kept], owners[is_kept]), GRAM)
            yield hashes, self._documents[fields // len(_COUNTS)], _COUNTS[fields % len(_COUNTS)]

    @property
    def size_bytes(self) -> int:
        """What the index and its passages take in memory, to within a few per cent."""
        arrays = self._documents.nbytes + self._openings.nbytes
        rows = sum(sys.getsizeof(row.heading) + sys.getsizeof(row.text) + _ROW_BYTES for row in self.passages)
        return self._by_passage.size_bytes + self._by_document.size_bytes + arrays + rows

    def meant(self, query: str) -> str:
        """Return a question in the keyboard layout that was meant."""
        return question.with_layout_repaired(query[: question.LONGEST], self._familiarity)

    def search(self, query: str, limit: int, similar: Mapping[UUID, float] = UNKNOWN) -> list[Hit]:
        """Return the best passages, the best first; several may be of one document.

        `similar`: of the passages whose meaning is nearest to the question's, the similarity, by their ids.
        """
        wordings = question.wordings(query, self._synonyms, self._familiarity)
        rated = ((wording, *self._rate(wording)) for wording in itertools.islice(wordings, _WORDINGS))
        wording, scores, shares = max(rated, key=lambda found: float(found[1].max(initial=0)))
        coverage = np.sqrt(scores * shares) * self._acquaintance(wording)
        if similar:
            known = {self._places[one]: near for one, near in similar.items() if one in self._places}
            scores = fused(scores, known)
        places = np.flatnonzero(scores)
        places = places[np.argsort(-scores[places], kind="stable")[:limit]]
        return [
            Hit(passage, float(scores[place]), float(coverage[place]), wording, similar.get(passage.id))
            for place in places
            for passage in [self.passages[place]]
        ]

    def _rate(self, wording: str) -> tuple[text.Numbers, text.Numbers]:
        """Return each passage's score, and how much it covers of the wording's words."""
        letters, owners = text.codes([wording])
        hashes, weights = _weighed(letters, owners)
        rarity = self._by_passage.rarity(hashes)
        passages, _ = self._by_passage.match(hashes, weights * rarity)
        _, covered = self._by_passage.match(*_within_words(letters, hashes, rarity))
        hashes, weights = _weighed(*text.skeleton(letters, owners))
        documents, _ = self._by_document.match(hashes, weights * self._by_document.rarity(hashes))
        score = passages + DOCUMENT * documents[self._documents] + OPENING * passages[self._openings]
        return score / (1 + DOCUMENT + OPENING), covered

    def _acquaintance(self, wording: str) -> float:
        """Return how far the least known word of a wording is known, in 0..1, as STRANGE counts it."""
        words = [word for word in wording.split() if len(word) >= GRAM]
        if not words or len(self.passages) <= FEW:
            return 1.0
        least = max(LEAST_KNOWN, min(self._familiarity(words)))
        size = math.log(len(self.passages) / FEW, MANY / FEW)
        return float(least ** (STRANGE * min(1.0, size)))

    def _familiarity(self, words: Sequence[str]) -> list[float]:
        """Return of each word the share of its grams that occur in any passage."""
        hashes, owners = text.grams(*text.codes(words), GRAM)
        known = np.bincount(owners, self._by_passage.has(hashes), len(words))
        familiarity: list[float] = (known / np.maximum(np.bincount(owners, minlength=len(words)), 1)).tolist()
        return familiarity


def _weighed(letters: text.Codes, owners: text.Owners) -> tuple[text.Hashes, text.Numbers]:
    """Return the grams of a wording and their weights: a long word has many, and should not drown a short one."""
    hashes, _ = text.grams(letters, owners, GRAM)
    _, lengths = text.words(letters)
    return hashes, lengths[1 : len(hashes) + 1] ** -0.5


def _within_words(
    letters: text.Codes, hashes: text.Hashes, rarity: text.Numbers
) -> tuple[text.Hashes, text.Numbers]:
    """Return the grams within words, and masses: a word counts by its length and the rarity of its grams."""
    if not len(hashes):
        return hashes, rarity
    kept = text.is_within_word(letters, GRAM)
    places, lengths = text.words(letters)
    word, length = places[1 : len(hashes) + 1][kept], lengths[1 : len(hashes) + 1][kept]
    counts = np.bincount(word)
    means = np.bincount(word, rarity[kept]) / np.maximum(counts, 1)
    return hashes[kept], np.sqrt(length) * means[word] / counts[word]
