"""What search costs: building an index, asking it, and asking a thousand companies' in turn."""

import asyncio
import itertools
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from bench.corpus import Question
from bench.report import Goal, Section
from messaging.knowledge.cache import IndexCache
from messaging.knowledge.lexical import LexicalIndex
from messaging.knowledge.passage import Passage

_SIZES = (200, 2_000, 9_000)
_TENANTS = 1_000
_PASSAGES = 200
_LIMITS_MB = (256, 2_048)
_SEED = 0


@dataclass(frozen=True)
class Size:
    """An index over so many passages."""

    passages: int
    text_kb: float
    """UTF-8."""
    build_ms: float
    index_mb: float
    p50_ms: float
    p99_ms: float

    @property
    def kb_a_second(self) -> float:
        """Text that is indexed."""
        return self.text_kb / self.build_ms * 1e3

    def cells(self) -> Sequence[str]:
        """What the table shows of it."""
        return (
            str(self.passages),
            f"{self.text_kb:.0f}",
            f"{self.build_ms:.1f}",
            f"{self.kb_a_second:.0f}",
            f"{self.index_mb:.1f}",
            f"{self.p50_ms:.2f}",
            f"{self.p99_ms:.2f}",
        )


@dataclass(frozen=True)
class Crowd:
    """Companies asked by chance, all as often, through the cache: the worst that can befall it."""

    limit_mb: int
    tenants: int
    asked: int
    built: int
    p50_ms: float
    p99_ms: float
    """From the question to the hits, with what is built for it."""

    def cells(self) -> Sequence[str]:
        """What the table shows of it."""
        counts = (self.limit_mb, self.tenants, self.asked, self.built)
        return *map(str, counts), f"{self.p50_ms:.2f}", f"{self.p99_ms:.2f}"


def measure(passages: Sequence[Passage], questions: Sequence[Question], *, quick: bool) -> list[Section]:
    """Both tables."""
    return [_sizes(passages, questions), asyncio.run(_crowds(passages, questions, asked=300 if quick else 3_000))]


def _sizes(passages: Sequence[Passage], questions: Sequence[Question]) -> Section:
    rows = [_size(list(itertools.islice(itertools.cycle(passages), size)), questions) for size in _SIZES]
    return Section(
        title="Indexing and searching",
        head=("passages", "text, KB", "build, ms", "KB a second", "in memory, MB", "search p50, ms", "p99, ms"),
        rows=rows,
        goals=[
            Goal.at_least("indexed, KB a second", 200, min(row.kb_a_second for row in rows)),
            Goal.at_most("p99 of a search, ms", 50, max(row.p99_ms for row in rows)),
        ],
        note="On one core. The corpus is repeated where it is too small.",
    )


def _size(passages: Sequence[Passage], questions: Sequence[Question]) -> Size:
    builds = []
    for _ in range(5):
        start = time.perf_counter()
        index = LexicalIndex.build(passages)
        builds.append(time.perf_counter() - start)
    searches = [_timed(index, question) for question in questions]
    return Size(
        passages=len(passages),
        text_kb=sum(len(row.text.encode()) for row in passages) / 1024,
        build_ms=float(np.median(builds)) * 1e3,
        index_mb=index.size_bytes / 2**20,
        p50_ms=float(np.quantile(searches, 0.5)) * 1e3,
        p99_ms=float(np.quantile(searches, 0.99)) * 1e3,
    )


def _timed(index: LexicalIndex, question: Question) -> float:
    start = time.perf_counter()
    index.search(question.text, 10)
    return time.perf_counter() - start


async def _crowds(passages: Sequence[Passage], questions: Sequence[Question], *, asked: int) -> Section:
    rows = [await _crowd(passages, questions, asked, limit_mb) for limit_mb in _LIMITS_MB]
    return Section(
        title="A thousand companies of 200 passages",
        head=("limit, MB", "companies", "questions", "built", "p50, ms", "p99, ms"),
        rows=rows,
        goals=[Goal.at_most(f"p99 within {row.limit_mb} MB, ms", 50, row.p99_ms) for row in rows],
        note="Companies are asked by chance, one after the other; the time includes building the index where the "
        "cache has let go of it, and not the reading of the rows.",
    )


async def _crowd(passages: Sequence[Passage], questions: Sequence[Question], asked: int, limit_mb: int) -> Crowd:
    chance = random.Random(_SEED)
    starts = {UUID(int=tenant): chance.randrange(len(passages) - _PASSAGES) for tenant in range(_TENANTS)}
    cache = IndexCache(limit_mb * 2**20)
    built = 0

    async def ask(tenant: UUID, question: Question) -> float:
        async def load() -> Sequence[Passage]:
            nonlocal built
            built += 1
            return rows

        rows = passages[starts[tenant] : starts[tenant] + _PASSAGES]
        start = time.perf_counter()
        (await cache.get(tenant, 1, load)).search(question.text, 10)
        return time.perf_counter() - start

    for tenant in starts:
        await ask(tenant, questions[0])
    built = 0
    seconds = [await ask(chance.choice(list(starts)), chance.choice(questions)) for _ in range(asked)]
    p50, p99 = np.quantile(seconds, (0.5, 0.99)) * 1e3
    return Crowd(limit_mb, _TENANTS, asked, built, float(p50), float(p99))
