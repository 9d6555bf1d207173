"""Which curated answer a question asks for, if any. Pure."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from messaging.knowledge.answer import grams_of
from messaging.knowledge.document import Curated
from messaging.knowledge.query import without_small_talk

SAME = 0.6
"""Of the 4-grams of both questions together must be shared: forms of words differ, the matter does not."""
_ENDING = 3
_SHORTEST = 3
"""Letters: shorter words say nothing of the matter."""
_DENIAL = re.compile(r"\b(?:не|нет|нельзя|без|not|no|never)\b", re.IGNORECASE)
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class _Question:
    grams: frozenset[str]
    words: tuple[str, ...]
    numbers: frozenset[str]
    denies: bool

    @classmethod
    def of(cls, text: str) -> "_Question":
        words = [word for word in without_small_talk(text).split() if len(word) >= _SHORTEST]
        return cls(
            frozenset(grams_of(without_small_talk(text))),
            tuple(words),
            frozenset(_NUMBER.findall(text)),
            bool(_DENIAL.search(text)),
        )


@dataclass(frozen=True)
class CuratedAnswers:
    """A portal's, prepared to be compared with."""

    items: tuple[tuple[_Question, Curated], ...]

    @classmethod
    def of(cls, curated: Sequence[Curated]) -> "CuratedAnswers":
        """Prepare them."""
        return cls(tuple((_Question.of(one.question), one) for one in curated))

    def best(self, question: str) -> Curated | None:
        """Return the one that asks the same: "cancel" is not "order", and 2024 is not 2025."""
        asked = _Question.of(question)
        rated = [
            (len(asked.grams & one.grams) / max(1, len(asked.grams | one.grams)), curated)
            for one, curated in self.items
            if asked.numbers == one.numbers and asked.denies == one.denies
            if _are_the_same(asked.words, one.words)
        ]
        share, found = max(rated, key=lambda one: one[0], default=(0.0, None))
        return found if share >= SAME else None


def _are_the_same(some: Sequence[str], others: Sequence[str]) -> bool:
    """Whether every word of either has a form of it in the other."""
    return all(any(_are_forms(one, two) for two in others) for one in some) and all(
        any(_are_forms(one, two) for two in some) for one in others
    )


def _are_forms(one: str, other: str) -> bool:
    shared = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    return (
        shared >= max(_SHORTEST, min(len(one), len(other)) - _ENDING)
        and shared >= len(max(one, other, key=len)) / 2
    )
