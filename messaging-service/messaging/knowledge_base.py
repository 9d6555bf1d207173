"""What a portal's documents say: the passages that fit a question."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import partial
from typing import cast
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from kit import db
from messaging.answer_settings import AnswerSettingsBook
from messaging.clients.embeddings import Embeddings
from messaging.clients.endpoint import ModelFailed
from messaging.knowledge.answer import Found
from messaging.knowledge.cache import IndexCache
from messaging.knowledge.curated import CuratedAnswers
from messaging.knowledge.document import Curated, StoredPassage
from messaging.knowledge.fusion import NEAREST
from messaging.knowledge.lexical import UNKNOWN, LexicalIndex
from messaging.repository import chunks as statements
from messaging.repository import curated, embeddings

log = structlog.get_logger("knowledge")

CACHE_BYTES = 256 * 1024 * 1024
"""Of one process: about 230 portals of 200 passages."""
_MOST_CURATED = 500
"""Portals whose curated answers are kept in memory."""


class KnowledgeBase:
    """Searches the documents of one portal at a time."""

    def __init__(self, engine: AsyncEngine, settings: AnswerSettingsBook, models: Embeddings) -> None:
        self._engine = engine
        self._settings = settings
        self._models = models
        self._at_once = db.at_once(engine)
        self._indexes = IndexCache(CACHE_BYTES)
        self._curated: OrderedDict[UUID, tuple[int, CuratedAnswers]] = OrderedDict()

    async def versions(self, portal_ids: Sequence[UUID]) -> dict[UUID, int]:
        """Return the version of what each portal's answers come from; one that has nothing is absent."""
        async with self._at_once.connect() as conn:
            return await statements.versions(conn, portal_ids)

    async def cold(self, portal_ids: Sequence[UUID]) -> set[UUID]:
        """Return the portals whose index would have to be built first."""
        versions = await self.versions(portal_ids)
        return {portal_id for portal_id, version in versions.items() if not self._indexes.has(portal_id, version)}

    async def curated(self, portal_id: UUID, version: int, question: str) -> Curated | None:
        """Return the answer that a person wrote to this question."""
        kept = self._curated.get(portal_id)
        if kept is None or kept[0] != version:
            async with self._at_once.connect() as conn:
                kept = (version, CuratedAnswers.of(await curated.of_portal(conn, portal_id)))
            self._curated[portal_id] = kept
        self._curated.move_to_end(portal_id)
        if len(self._curated) > _MOST_CURATED:
            self._curated.popitem(last=False)
        return await asyncio.to_thread(kept[1].best, question)

    async def search(self, portal_id: UUID, version: int, query: str, limit: int) -> list[Found] | None:
        """Return the passages that fit best, best first; None where there is nothing to look into."""
        index = await self._indexes.get(portal_id, version, partial(self._load, portal_id))
        if not index.passages:
            return None
        similar = await self._similar(portal_id, index, query)
        hits = await asyncio.to_thread(index.search, query, limit, similar)
        return [
            Found(cast("StoredPassage", hit.passage), hit.score, hit.coverage, hit.wording, hit.similarity)
            for hit in hits
        ]

    async def _similar(self, portal_id: UUID, index: LexicalIndex, query: str) -> Mapping[UUID, float]:
        """Return how near the nearest passages are in meaning; nothing where there is no model to tell."""
        source = await self._settings.embedding_source(portal_id)
        if source is None:
            return UNKNOWN
        try:
            [vector] = await self._models.question(source, await asyncio.to_thread(index.meant, query))
        except ModelFailed as failure:
            log.warning("words alone decide", portal_id=str(portal_id), error=str(failure))
            return UNKNOWN
        async with self._engine.begin() as conn:
            await statements.enter(conn, portal_id)
            # Of some documents the meaning would push aside all that is not embedded yet.
            if not await embeddings.is_whole(conn, portal_id):
                return UNKNOWN
            return await embeddings.nearest(conn, portal_id, source.name, vector, NEAREST)

    async def _load(self, portal_id: UUID) -> list[StoredPassage]:
        async with self._engine.begin() as conn:
            await statements.enter(conn, portal_id)
            return await statements.of_portal(conn, portal_id)
