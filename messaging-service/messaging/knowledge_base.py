"""What a portal's documents say: passages found, questions answered."""

from functools import partial
from typing import cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from kit import db
from messaging.knowledge.answer import Answer, Found, extractive
from messaging.knowledge.cache import IndexCache
from messaging.knowledge.document import StoredPassage
from messaging.repository import chunks as statements

CACHE_BYTES = 256 * 1024 * 1024
"""Of one process: about 230 portals of 200 passages."""
LOOKED_AT = 8
"""Passages that an answer is made from."""


class KnowledgeBase:
    """Searches the documents of one portal at a time."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._at_once = db.at_once(engine)
        self._indexes = IndexCache(CACHE_BYTES)

    async def search(self, portal_id: UUID, query: str, limit: int) -> list[Found]:
        """Return the passages that fit best, best first; none where the portal has no documents."""
        async with self._at_once.connect() as conn:
            version = (await statements.versions(conn, [portal_id])).get(portal_id)
        if version is None:
            return []
        index = await self._indexes.get(portal_id, version, partial(self._load, portal_id))
        return [
            Found(cast("StoredPassage", hit.passage), hit.score, hit.coverage)
            for hit in index.search(query, limit)
        ]

    async def ask(self, portal_id: UUID, question: str) -> Answer:
        """Answer from the documents, or say honestly that they hold no answer."""
        return extractive(question, await self.search(portal_id, question, LOOKED_AT))

    async def _load(self, portal_id: UUID) -> list[StoredPassage]:
        async with self._engine.begin() as conn:
            await statements.enter(conn, portal_id)
            return await statements.of_portal(conn, portal_id)
