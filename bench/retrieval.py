"""Finding the passage that answers: how well beside honest references, when to say there is none, and how fast."""

import asyncio
import contextlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from bench import corpus, gate, meaning, rankers, tenants
from bench.corpus import Question
from bench.rankers import Ranker
from bench.report import Goal, Section
from bench.system import engines
from messaging.knowledge.lexical import LexicalIndex
from messaging.knowledge.passage import Passage

OURS, MEANT = "ours", "ours with embeddings"
STEMMED, CLEANED, POSTGRES = "stemmed BM25", "stemmed BM25, question cleaned", "Postgres full text"
_MISSES_CUT, _MISSES_CUT_WITH_EMBEDDINGS = 0.4, 0.55
_NOT_FOUND = 1_000


@dataclass(frozen=True)
class Rank:
    """A question and the place of its page among those found, 1 for the first."""

    kind: str
    place: int
    seconds: float


@dataclass(frozen=True)
class Row:
    """A way of ranking, over some of the questions."""

    what: str
    ranker: str
    questions: int
    recall_1: float
    recall_5: float
    recall_10: float
    mrr_10: float
    p50_ms: float
    p99_ms: float

    @classmethod
    def of(cls, what: str, ranker: str, ranks: Sequence[Rank]) -> "Row":
        """Sum up."""
        places = np.array([rank.place for rank in ranks])
        seconds = np.array([rank.seconds for rank in ranks])
        return cls(
            what=what,
            ranker=ranker,
            questions=len(ranks),
            recall_1=float((places <= 1).mean()),
            recall_5=float((places <= 5).mean()),
            recall_10=float((places <= 10).mean()),
            mrr_10=float(np.where(places <= 10, 1 / places, 0).mean()),
            p50_ms=float(np.quantile(seconds, 0.5) * 1e3),
            p99_ms=float(np.quantile(seconds, 0.99) * 1e3),
        )

    def cells(self) -> Sequence[str]:
        """What the table shows of it."""
        shares = (self.recall_1, self.recall_5, self.recall_10, self.mrr_10)
        times = (self.p50_ms, self.p99_ms)
        return (
            self.what,
            self.ranker,
            str(self.questions),
            *(f"{share:.3f}" for share in shares),
            *(f"{time:.1f}" for time in times),
        )


def measure(quick: bool) -> list[Section]:
    """Rank, refuse, and time."""
    passages, questions = corpus.passages(), corpus.questions()
    answerable = [question for question in questions if question.document_id]
    ranks = asyncio.run(_ranks(passages, answerable))
    return [
        _quality(ranks),
        gate.measure(passages, questions),
        *tenants.measure(passages, answerable, quick=quick),
    ]


async def _ranks(passages: Sequence[Passage], questions: Sequence[Question]) -> dict[str, list[Rank]]:
    index = LexicalIndex.build(passages)
    async with contextlib.AsyncExitStack() as stack:
        postgres = await stack.enter_async_context(engines())
        all_rankers = {
            OURS: rankers.ours(index),
            MEANT: rankers.with_meaning(index, meaning.of_corpus(passages)),
            STEMMED: rankers.stemmed(passages, is_cleaned=False),
            CLEANED: rankers.stemmed(passages, is_cleaned=True),
            POSTGRES: await stack.enter_async_context(rankers.postgres(postgres, passages)),
        }
        return {name: [await _rank(ranker, one) for one in questions] for name, ranker in all_rankers.items()}


async def _rank(ranker: Ranker, question: Question) -> Rank:
    start = time.perf_counter()
    documents = await ranker(question.text)
    seconds = time.perf_counter() - start
    places: Mapping[UUID | None, int] = {document: place for place, document in enumerate(documents, 1)}
    return Rank(question.kind, places.get(question.document_id, _NOT_FOUND), seconds)


def _quality(ranks: Mapping[str, Sequence[Rank]]) -> Section:
    rows = [Row.of("all", name, of_all) for name, of_all in ranks.items()]
    rows += [Row.of("held out", name, of_all[1::2]) for name, of_all in ranks.items()]
    kinds = list(dict.fromkeys(rank.kind for rank in ranks[OURS]))
    by_kind = {
        (kind, name): Row.of(kind, name, [rank for rank in of_all if rank.kind == kind])
        for kind in kinds
        for name, of_all in ranks.items()
    }
    all_of = {row.ranker: row for row in rows if row.what == "all"}
    misses = {name: 1 - row.recall_5 for name, row in all_of.items()}
    lost = min(
        by_kind[kind, name].recall_5 - by_kind[kind, STEMMED].recall_5 for kind in kinds for name in (OURS, MEANT)
    )
    return Section(
        title="Finding the page",
        head=("questions", "ranked by", "n", "recall@1", "@5", "@10", "MRR@10", "p50, ms", "p99, ms"),
        rows=[*rows, *by_kind.values()],
        goals=[
            Goal.at_least(
                f"misses at 5 cut, {STEMMED}", _MISSES_CUT, 1 - misses[OURS] / misses[STEMMED], is_ratio=True
            ),
            Goal.at_least(
                f"misses at 5 cut, {CLEANED}", _MISSES_CUT, 1 - misses[OURS] / misses[CLEANED], is_ratio=True
            ),
            Goal.at_least(
                f"misses at 5 cut with embeddings, {STEMMED}",
                _MISSES_CUT_WITH_EMBEDDINGS,
                1 - misses[MEANT] / misses[STEMMED],
            ),
            Goal.at_least("the worst kind's recall@5 beside stemmed BM25", 0, lost),
            Goal.at_least("recall@5, typing errors", 0.65, by_kind["typo", OURS].recall_5, is_ratio=True),
            Goal.at_least(
                "recall@5, wrong keyboard layout", 0.65, by_kind["layout", OURS].recall_5, is_ratio=True
            ),
            Goal.at_most("p99 of a search, ms", 50, all_of[OURS].p99_ms),
            Goal.at_most("p99 of a search with embeddings, ms", 50, all_of[MEANT].p99_ms),
        ],
        note="One page of 610 near twins is right. Weights were tuned on every other question; the rest is held "
        "out of that, but was looked at when the parts of the method were chosen. The references have the same "
        "passages; `question cleaned` has our repair of the layout and goes without small talk as well. The "
        "embeddings are those of the built-in model, multilingual-e5-small in four bits.",
    )
