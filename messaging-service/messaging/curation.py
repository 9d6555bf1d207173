"""Answers that a portal's administrator writes, and the questions that call for them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from kit import ids, paging
from messaging.errors import CuratedNotFound, KnowledgeLimitReached
from messaging.knowledge.document import Curated, Unsatisfied, Within
from messaging.repository import chunks, documents, feedback
from messaging.repository import curated as statements

MAX_CURATED = 1_000
"""Of a portal: every question is compared with all of them."""
BADLY_RATED = "badly_rated"


@dataclass(frozen=True)
class Curation:
    """Keeps curated answers and lists what calls for one."""

    engine: AsyncEngine
    now: Callable[[], datetime]

    async def page(self, portal_id: UUID, page_token: str, size: int) -> tuple[list[Curated], str]:
        """Return a page of curated answers, newest first, and the token of the next one."""
        async with self.engine.connect() as conn:
            found = await statements.of_portal(conn, portal_id, paging.decode_id(page_token), size + 1)
        return found[:size], paging.encode(found[size - 1].id) if len(found) > size else ""

    async def save(
        self,
        portal_id: UUID,
        curated_id: UUID | None,
        question: str,
        answer: str,
        from_message_id: UUID | None,
        created_by: int,
    ) -> Curated:
        """Store a curated answer, a new one without an id; felt at once.

        Raises KnowledgeLimitReached, CuratedNotFound.
        """
        now = self.now()
        async with self.engine.begin() as conn:
            await documents.lock(conn, portal_id)
            if curated_id:
                saved = await statements.change(conn, portal_id, curated_id, question, answer, now)
                if saved is None:
                    raise CuratedNotFound
            elif await statements.count(conn, portal_id) >= MAX_CURATED:
                raise KnowledgeLimitReached(name="curated answers", limit=MAX_CURATED)
            else:
                saved = Curated(ids.uuid7(), question, answer, from_message_id, created_by, now, now)
                await statements.insert(conn, portal_id, saved)
            await chunks.bump(conn, portal_id)
        return saved

    async def delete(self, portal_id: UUID, curated_id: UUID) -> None:
        """Delete a curated answer; deleting again changes nothing."""
        async with self.engine.begin() as conn:
            if await statements.delete(conn, portal_id, curated_id):
                await chunks.bump(conn, portal_id)

    async def unsatisfied(
        self,
        portal_id: UUID,
        kind: str,
        since: datetime | None,
        until: datetime | None,
        page_token: str,
        size: int,
    ) -> tuple[list[Unsatisfied], str]:
        """Return a page of questions that got no answer, or one that was thought bad, newest first."""
        read = feedback.badly_rated if kind == BADLY_RATED else feedback.unanswered
        async with self.engine.connect() as conn:
            found = await read(conn, portal_id, Within(paging.decode_id(page_token), since, until), size + 1)
        return found[:size], paging.encode(found[size - 1].message_id) if len(found) > size else ""
