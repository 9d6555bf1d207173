"""Passages get their meaning as vectors, after their words: a document is answered from before it is embedded."""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from kit import db
from messaging.answer_settings import AnswerSettingsBook
from messaging.clients.embeddings import PASSAGES_S, Embeddings, EmbeddingSource
from messaging.clients.endpoint import ModelFailed
from messaging.knowledge.document import HeldEmbedding, StoredPassage
from messaging.repository import chunks as passages
from messaging.repository import embeddings as statements

log = structlog.get_logger("embedding")

MAX_RUNNING = 2
HELD = timedelta(seconds=2 * PASSAGES_S)
"""Longer than a batch may take; after each the document is held anew."""
_BATCH = 16
_RETRY = timedelta(seconds=30)


class Embedder:
    """Embeds documents that are due, by the model that counts for their portal, or forgets what is not wanted."""

    def __init__(
        self,
        engine: AsyncEngine,
        settings: AnswerSettingsBook,
        embeddings: Embeddings,
        now: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._at_once = db.at_once(engine)
        self._settings = settings
        self._embeddings = embeddings
        self._now = now

    async def claim(self, free: int) -> list[HeldEmbedding]:
        """Hold up to `free` documents that are due."""
        async with self._at_once.connect() as conn:
            return await statements.claim(conn, self._now(), self._now() + HELD, free)

    async def embed(self, held: HeldEmbedding) -> float | None:
        """Embed the next passages of a held document. Returns the seconds after which to go on, None if not.

        A batch at a time, so that the documents of all portals are gone on with in turn.
        """
        source = await self._settings.embedding_source(held.portal_id)
        async with self._engine.begin() as conn:
            await passages.enter(conn, held.portal_id)
            if source is None:
                await statements.forget(conn, held)
            missing = await statements.missing(conn, held, source.name, _BATCH) if source else []
            if not missing:
                await statements.move(conn, held, None)
                return None
        try:
            return await self._embed(held, source, missing) if source else None
        except ModelFailed as failure:
            log.warning("document not embedded", document_id=str(held.document_id), error=str(failure))
            async with self._at_once.connect() as conn:
                await statements.move(conn, held, self._now() + _RETRY, failure.code)
            return _RETRY.total_seconds()
        except IntegrityError:
            log.info("document gone while it was embedded", document_id=str(held.document_id))
            return None

    async def _embed(self, held: HeldEmbedding, source: EmbeddingSource, missing: list[StoredPassage]) -> float:
        vectors = await self._embeddings.passages(source, [one.embedded_text for one in missing])
        async with self._engine.begin() as conn:
            await passages.enter(conn, held.portal_id)
            await statements.save(conn, held, source.name, [one.place for one in missing], vectors)
            await statements.move(conn, held, self._now())
        return 0.0
