"""Which curated answer a question asks for, if any. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from messaging.knowledge.answer import grams_of
from messaging.knowledge.document import Curated

SAME = 0.6
"""Of the 4-grams of both questions together must be shared: forms of words differ, the matter does not."""


@dataclass(frozen=True)
class CuratedAnswers:
    """A portal's, with the grams of their questions."""

    items: tuple[tuple[frozenset[str], Curated], ...]

    @classmethod
    def of(cls, curated: Sequence[Curated]) -> "CuratedAnswers":
        """Prepare them."""
        return cls(tuple((frozenset(grams_of(one.question)), one) for one in curated))

    def best(self, question: str) -> Curated | None:
        """Return the one whose question is nearly the same."""
        asked = grams_of(question)
        rated = [(len(asked & grams) / max(1, len(asked | grams)), one) for grams, one in self.items]
        share, found = max(rated, key=lambda one: one[0], default=(0.0, None))
        return found if share >= SAME else None
