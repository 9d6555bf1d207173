"""Documents as a portal's administrator handles them: uploaded, looked at, read anew, deleted."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from kit import ids, paging
from kit.errors import PeerError
from kit.queue import Bell
from messaging.clients.billing import BillingClient
from messaging.errors import DocumentNotFound, KnowledgeLimitReached
from messaging.knowledge.document import Document, StoredPassage, Upload, Within
from messaging.repository import chunks
from messaging.repository import documents as statements
from messaging.storage import Storage

log = structlog.get_logger("documents")

INDEX = "index"
"""The job that says: look at the documents."""
MB = 1024 * 1024
_ABANDONED = timedelta(hours=1)
"""After which a stored file that became no document is taken away."""


@dataclass(frozen=True)
class Documents:
    """Keeps the documents of portals."""

    engine: AsyncEngine
    storage: Storage
    billing: BillingClient
    bell: Bell
    now: Callable[[], datetime]

    async def upload(self, upload: Upload, path: Path) -> tuple[Document, bool]:
        """Keep a file and have it read. Returns the document and whether it is new: the same bytes are one.

        Raises KnowledgeLimitReached, StorageUnavailable, PeerError.
        """
        async with self.engine.connect() as conn:
            if same := await statements.find_same(conn, upload.portal_id, upload.sha256):
                return same, False
        limits = await self.billing.limits(upload.portal_id)
        document_id, now = ids.uuid7(), self.now()
        async with self.engine.begin() as conn:
            await _check(await statements.taken(conn, upload.portal_id), upload.size, limits)
            await statements.forget_later(conn, upload.portal_id, document_id, now + _ABANDONED)
        await self.storage.put(upload.portal_id, document_id, path)
        try:
            async with self.engine.begin() as conn:
                await statements.lock(conn, upload.portal_id)
                await _check(await statements.taken(conn, upload.portal_id), upload.size, limits)
                await statements.insert(
                    conn,
                    portal_id=upload.portal_id,
                    document_id=document_id,
                    filename=upload.filename,
                    size=upload.size,
                    sha256=upload.sha256,
                    uploaded_by=upload.uploaded_by,
                    now=now,
                )
                await statements.keep(conn, upload.portal_id, document_id)
        except IntegrityError:
            # Somebody uploaded the same at the same time.
            async with self.engine.connect() as conn:
                same = await statements.find_same(conn, upload.portal_id, upload.sha256)
            if same is None:
                raise
            async with self.engine.begin() as conn:
                await statements.put_off_garbage(conn, upload.portal_id, document_id, now)
            return same, False
        await self._report(upload.portal_id)
        self.bell.ring(INDEX)
        log.info(
            "document uploaded", portal_id=str(upload.portal_id), document_id=str(document_id), size=upload.size
        )
        return await self.get(upload.portal_id, document_id), True

    async def get(self, portal_id: UUID, document_id: UUID) -> Document:
        """Return a document. Raises DocumentNotFound."""
        async with self.engine.connect() as conn:
            document = await statements.find(conn, portal_id, document_id)
        if document is None:
            raise DocumentNotFound
        return document

    async def page(
        self,
        portal_id: UUID,
        state: str,
        query: str,
        since: datetime | None,
        until: datetime | None,
        page_token: str,
        size: int,
    ) -> tuple[list[Document], str]:
        """Return a page, newest first, and the token of the next one ("" on the last)."""
        within = Within(paging.decode_id(page_token), since, until)
        async with self.engine.connect() as conn:
            found = await statements.page(conn, portal_id, state, query, within, size + 1)
        return found[:size], paging.encode(found[size - 1].id) if len(found) > size else ""

    async def chunks(
        self, portal_id: UUID, document_id: UUID, page_token: str, size: int
    ) -> tuple[list[StoredPassage], str]:
        """Return a page of a document's passages, in their order. Raises DocumentNotFound."""
        await self.get(portal_id, document_id)
        after = paging.decode_place(page_token)
        async with self.engine.begin() as conn:
            await chunks.enter(conn, portal_id)
            found = await chunks.page(conn, portal_id, document_id, after, size + 1)
        return found[:size], paging.encode(found[size - 1].place) if len(found) > size else ""

    async def delete(self, portal_id: UUID, document_id: UUID) -> None:
        """Take a document out of the answers; its file goes soon after."""
        async with self.engine.begin() as conn:
            if await statements.delete(conn, portal_id, document_id):
                await chunks.bump(conn, portal_id)
        await self._report(portal_id)
        log.info("document deleted", portal_id=str(portal_id), document_id=str(document_id))

    async def _report(self, portal_id: UUID) -> None:
        async with self.engine.connect() as conn:
            count, size = await statements.taken(conn, portal_id)
        try:
            await self.billing.report_kept(portal_id, {"kb_documents": count, "kb_megabytes": -(-size // MB)})
        except PeerError as error:
            # The next change tells it: what a portal keeps is limited here, and only shown there.
            log.warning("kept documents not told", portal_id=str(portal_id), reason=error.reason)

    async def reindex(self, portal_id: UUID, document_id: UUID) -> Document:
        """Have a document read anew; answers come from what is there until then. Raises DocumentNotFound."""
        async with self.engine.begin() as conn:
            await statements.make_due(conn, portal_id, document_id, self.now())
        self.bell.ring(INDEX)
        return await self.get(portal_id, document_id)


async def _check(taken: tuple[int, int], size: int, limits: dict[str, int]) -> None:
    count, total = taken
    if count + 1 > limits.get("kb_documents", count + 1):
        raise KnowledgeLimitReached(name="kb_documents", limit=limits["kb_documents"])
    if total + size > limits.get("kb_megabytes", total + size) * MB:
        raise KnowledgeLimitReached(name="kb_megabytes", limit=limits["kb_megabytes"])
