"""When to say that there is no answer: the gate in front of the model, over companies of several sizes."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from bench import corpus
from bench.corpus import Question
from bench.report import Goal, Section
from messaging.knowledge.lexical import FOUND, LexicalIndex
from messaging.knowledge.passage import Passage

_SIZES = (100, 20, 5)
_DRAWN = 200
"""Documents that are drawn for each size, in all."""


@dataclass(frozen=True)
class Row:
    """Companies with so many documents, and what is refused of the questions to them."""

    documents: str
    unanswerable: int
    refused: float
    answerable: int
    refused_wrongly: float

    @classmethod
    def of(cls, documents: str, unanswerable: Sequence[bool], answerable: Sequence[bool]) -> "Row":
        """Sum up what was refused."""
        return cls(documents, len(unanswerable), _share(unanswerable), len(answerable), _share(answerable))

    def cells(self) -> Sequence[str]:
        """What the table shows of it."""
        return (
            self.documents,
            str(self.unanswerable),
            f"{self.refused:.3f}",
            str(self.answerable),
            f"{self.refused_wrongly:.3f}",
        )


def measure(passages: Sequence[Passage], questions: Sequence[Question]) -> Section:
    """Ask what has an answer and what has none."""
    answerable = [question for question in questions if question.document_id]
    given = [question.text for question in questions if not question.document_id]
    unanswerable = [*given, *corpus.unanswerable()]
    index = LexicalIndex.build(passages)
    wrongly = _refused(index, [question.text for question in answerable])
    every = Row.of("all 610", _refused(index, unanswerable), wrongly)
    rows = [Row.of("all 610, the corpus's own questions", _refused(index, given), wrongly), every]
    chance = random.Random(0)
    for size in _SIZES:
        refused: list[bool] = []
        refused_wrongly: list[bool] = []
        for some, kept in _draws(chance, passages, answerable, size):
            index = LexicalIndex.build(some)
            refused += _refused(index, unanswerable)
            refused_wrongly += _refused(index, [one.text for one in answerable if one.document_id in kept])
        rows.append(Row.of(f"{size} of them", refused, refused_wrongly))
    office = corpus.office()
    index = LexicalIndex.build(office.passages)
    rows.append(
        Row.of("12 notes of an office", _refused(index, office.unanswerable), _refused(index, office.answerable))
    )
    return Section(
        title="Saying that there is no answer",
        head=("documents", "without an answer", "refused", "with one", "refused wrongly"),
        rows=rows,
        goals=[
            Goal.at_least("refused of the corpus's own without an answer", 0.95, rows[0].refused, is_ratio=True),
            Goal.at_least("refused of all that have no answer", 0.95, every.refused, is_ratio=True),
            Goal.at_most("refused wrongly", 0.1, every.refused_wrongly, is_ratio=True),
        ],
        note=f"A question is refused where the first hit's coverage is below {FOUND}. Beside the corpus's own "
        f"{len(given)} unanswerable questions there are {len(unanswerable) - len(given)} of ours. The smaller "
        "companies are drawn by chance from the pages that are asked for. The threshold was chosen on the first "
        "two rows, the way coverage is measured with all of them in view.",
    )


def _draws(
    chance: random.Random, passages: Sequence[Passage], answerable: Sequence[Question], size: int
) -> Iterator[tuple[list[Passage], set[UUID]]]:
    asked_for = list(dict.fromkeys(question.document_id for question in answerable if question.document_id))
    for _ in range(_DRAWN // size):
        kept = set(chance.sample(asked_for, size))
        yield [row for row in passages if row.document_id in kept], kept


def _refused(index: LexicalIndex, questions: Sequence[str]) -> list[bool]:
    hits = [index.search(question, 1) for question in questions]
    return [not found or found[0].coverage < FOUND for found in hits]


def _share(of: Sequence[bool]) -> float:
    return sum(of) / len(of)
