"""Golden questions: whose answers a portal's administrator knows, and wants to know when they change."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from kit import db, ids, metrics, paging
from messaging import texts, wording
from messaging.answering import Answering
from messaging.domain import DEFAULT_LANGUAGE
from messaging.errors import GoldenNotFound, KnowledgeLimitReached
from messaging.knowledge.answer import Answer
from messaging.knowledge.document import Golden
from messaging.repository import documents
from messaging.repository import golden as statements

log = structlog.get_logger("golden")

MAX_GOLDEN = 100
"""Of a portal: all are asked again whenever a document changes."""
ROUND_S = 5.0
_AT_ONCE = 100


@dataclass(frozen=True)
class GoldenQuestions:
    """Keeps golden questions and asks them again.

    They are answered without a model, from curated answers and quotes: the same documents always give the same.
    """

    engine: AsyncEngine
    answering: Answering
    now: Callable[[], datetime]

    async def page(
        self, portal_id: UUID, page_token: str, size: int, *, only_changed: bool
    ) -> tuple[list[Golden], str]:
        """Return a page, newest first, and the token of the next one."""
        before = paging.decode_id(page_token)
        async with self.engine.connect() as conn:
            found = await statements.page(conn, portal_id, before, size + 1, only_changed=only_changed)
        return found[:size], paging.encode(found[size - 1].id) if len(found) > size else ""

    async def add(self, portal_id: UUID, question: str, created_by: int) -> Golden:
        """Store a question; its answer is there with the next round. Raises KnowledgeLimitReached."""
        added = Golden(ids.uuid7(), question, None, None, False, None, created_by, self.now())
        async with self.engine.begin() as conn:
            await documents.lock(conn, portal_id)
            if await statements.count(conn, portal_id) >= MAX_GOLDEN:
                raise KnowledgeLimitReached(name="golden questions", limit=MAX_GOLDEN)
            await statements.insert(conn, portal_id, added)
        return added

    async def accept(self, portal_id: UUID, golden_id: UUID) -> Golden:
        """Take what is answered now as right. Raises GoldenNotFound."""
        async with self.engine.begin() as conn:
            found = await statements.accept(conn, portal_id, golden_id)
        if found is None:
            raise GoldenNotFound
        return found

    async def delete(self, portal_id: UUID, golden_id: UUID) -> None:
        """Delete a question; deleting again changes nothing."""
        async with self.engine.begin() as conn:
            await statements.delete(conn, portal_id, golden_id)

    async def round(self) -> None:
        """Ask the questions again whose portals' knowledge has changed."""
        async with self.engine.connect() as conn:
            due = await statements.due(conn, _AT_ONCE)
        for portal_id, golden_id, question, version in due:
            try:
                await self._ask(portal_id, golden_id, question, version)
            except Exception as error:
                if db.is_away(error):
                    raise
                # It stays due, and stands in nobody else's way: portals are asked in turn.
                metrics.BACKGROUND_FAILURES.labels("golden_question").inc()
                log.error("golden question not asked", portal_id=str(portal_id), id=str(golden_id), exc_info=error)
        if due:
            log.info("golden questions asked", questions=len(due))

    async def _ask(self, portal_id: UUID, golden_id: UUID, question: str, version: int | None) -> None:
        answer = await self.answering.quoted(portal_id, version, question)
        async with self.engine.begin() as conn:
            shown = _shown(question, answer)
            await statements.answered(conn, portal_id, golden_id, version, shown, self.now())


def _shown(question: str, answer: Answer) -> dict[str, Any]:
    return {
        "kind": answer.kind,
        "answer": wording.plain(answer, texts.language_of(answer.wording or question, DEFAULT_LANGUAGE)),
        "sources": [
            {"document_id": str(one.passage.document_id), "filename": one.passage.filename}
            for one in answer.citations
        ],
    }
