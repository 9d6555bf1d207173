"""Ways to find a page: ours, and what a careful team would take otherwise. All get the same passages."""

import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from uuid import UUID

import asyncpg
import bm25s
import Stemmer

from bench.meaning import Meaning
from bench.system import Engines
from messaging.knowledge.lexical import LexicalIndex
from messaging.knowledge.passage import Passage
from messaging.knowledge.query import wordings

DEPTH = 50
"""Passages whose documents are ranked."""
Ranker = Callable[[str], Awaitable[list[UUID]]]
"""Question -> documents, the best first."""

_K1, _B = 1.2, 0.9
_WORD = re.compile(r"\w+")
_SCHEMA = """
    CREATE TABLE passages (
        place int PRIMARY KEY, document_id uuid NOT NULL, heading text NOT NULL, body text NOT NULL,
        lexemes tsvector GENERATED ALWAYS AS (
            setweight(to_tsvector('russian', heading), 'A') || setweight(to_tsvector('russian', body), 'B')
        ) STORED
    )
"""
_SEARCH = """
    WITH asked AS (SELECT replace(plainto_tsquery('russian', $1)::text, ' & ', ' | ')::tsquery AS words)
    SELECT document_id FROM passages, asked WHERE lexemes @@ words
    ORDER BY ts_rank_cd(lexemes, words, 1) DESC, place LIMIT $2
"""


def ours(index: LexicalIndex) -> Ranker:
    """What the product does."""

    async def rank(question: str) -> list[UUID]:
        return _documents(hit.passage.document_id for hit in index.search(question, DEPTH))

    return rank


def with_meaning(index: LexicalIndex, meaning: Meaning) -> Ranker:
    """What the product does where a portal has chosen the built-in model of embeddings."""

    async def rank(question: str) -> list[UUID]:
        similar = await meaning.similar(index.meant(question))
        return _documents(hit.passage.document_id for hit in index.search(question, DEPTH, similar))

    return rank


def stemmed(passages: Sequence[Passage], *, is_cleaned: bool) -> Ranker:
    """BM25 over Snowball stems, Russian and English, headings counted twice; k1 and b are the best of a grid.

    `is_cleaned` gives it the product's own cleaning of the question: the keyboard layout and the small talk.
    """
    russian, english = Stemmer.Stemmer("russian"), Stemmer.Stemmer("english")

    def stems(text: str) -> list[str]:
        words = _WORD.findall(text.lower().replace("ё", "е"))
        return [(english if word.isascii() else russian).stemWord(word) for word in words]

    index = bm25s.BM25(k1=_K1, b=_B)
    index.index([stems(f"{row.heading} {row.heading} {row.text}") for row in passages], show_progress=False)

    def familiarity(words: Sequence[str]) -> list[float]:
        found = [[stem in index.vocab_dict for stem in stems(word)] for word in words]
        return [sum(known) / max(len(known), 1) for known in found]

    async def rank(question: str) -> list[UUID]:
        if is_cleaned:
            question = next(wordings(question, {}, familiarity))
        words = [stem for stem in stems(question) if stem in index.vocab_dict]
        if not words:
            return []
        scores = index.get_scores(words)
        best = (-scores).argsort(kind="stable")[:DEPTH]
        return _documents(passages[place].document_id for place in best if scores[place] > 0)

    return rank


@contextlib.asynccontextmanager
async def postgres(on: Engines, passages: Sequence[Passage]) -> AsyncIterator[Ranker]:
    """Full-text search: any of the words, ranked by `ts_rank_cd` over the logarithm of the length."""
    session = await asyncpg.connect((await on.another("retrieval")).admin_dsn)
    try:
        await session.execute(_SCHEMA)
        await session.executemany(
            "INSERT INTO passages VALUES ($1, $2, $3, $4)",
            [(place, row.document_id, row.heading, row.text) for place, row in enumerate(passages)],
        )
        await session.execute("ANALYZE passages")

        async def rank(question: str) -> list[UUID]:
            return _documents(row["document_id"] for row in await session.fetch(_SEARCH, question, DEPTH))

        yield rank
    finally:
        await session.close()


def _documents(of_passages: Iterable[UUID]) -> list[UUID]:
    return list(dict.fromkeys(of_passages))
