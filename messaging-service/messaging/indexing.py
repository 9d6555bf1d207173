"""A document's way from a stored file to passages that are answered from, by a worker of its own."""

import asyncio
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from kit import db, ids
from messaging.errors import StorageUnavailable
from messaging.knowledge.chunking import Chunk, chunk
from messaging.knowledge.document import DocumentState, HeldDocument, Why
from messaging.knowledge.extract import extract
from messaging.knowledge.extracted import Extracted, Limits
from messaging.knowledge.failures import ExtractionFailed
from messaging.repository import chunks as passages
from messaging.repository import documents as statements
from messaging.storage import Storage

log = structlog.get_logger("indexing")

LEASE = timedelta(seconds=20)
RENEW_S = 5.0
MAX_RUNNING = 2
"""Files read at a time: each may take a gigabyte and a core for a minute."""
LIMITS = Limits(max_bytes=100 * 1024 * 1024)
MAX_PASSAGES = 20_000
"""Of a portal: their index takes 90 MB, and a second to build."""
MAX_ATTEMPTS = 3
"""A document at which a worker died as often is given up: it would take the next one with it."""
_RETRY = timedelta(seconds=30)
_AWAY = Why(
    "storage_unavailable",
    "Хранилище файлов не отвечает. Файл будет прочитан, когда оно ответит.",
    "The storage of files does not answer. The file will be read when it does.",
)
_FULL = Why(
    "knowledge_full",
    "База знаний заполнена: в ней уже столько текста, сколько она вмещает. Удалите лишние документы.",
    "The knowledge base is full: it holds as much text as it can. Delete documents that are not needed.",
)
_LOST = Why(
    "file_lost",
    "Файла нет в хранилище. Удалите документ и загрузите его снова.",
    "The file is not in the storage. Delete the document and upload it again.",
)
_AT_ONCE = 500
_COLLECTED = 100
_EXTRACTED_PERCENT = 40


class LostIt(Exception):
    """The document was deleted meanwhile, or is another worker's."""


class KnowledgeFull(Exception):
    """The portal's documents are as many passages as its index may hold."""


class Indexer:
    """Reads documents that are due."""

    def __init__(self, engine: AsyncEngine, storage: Storage, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._at_once = db.at_once(engine)
        self._storage = storage
        self._now = now
        self._held: dict[tuple[UUID, UUID], UUID] = {}

    async def claim(self, free: int) -> list[HeldDocument]:
        """Hold up to `free` documents that are due."""
        now, token = self._now(), ids.uuid7()
        async with self._at_once.connect() as conn:
            held = await statements.claim(conn, now, now + LEASE, token, free)
        self._held |= {(one.portal_id, one.document_id): one.token for one in held}
        return held

    async def renew(self) -> None:
        """Hold what is being read."""
        if self._held:
            async with self._at_once.connect() as conn:
                await statements.renew(conn, self._held, self._now() + LEASE)

    async def read(self, held: HeldDocument) -> float | None:
        """Read a held document. Returns the seconds after which to look again, None when it is settled."""
        try:
            return await self._settle(held)
        except LostIt:
            log.info("document gone while it was read", document_id=str(held.document_id))
            return None
        finally:
            key = (held.portal_id, held.document_id)
            if self._held.get(key) == held.token:
                del self._held[key]

    async def collect(self) -> None:
        """Take away stored files that no document needs."""
        async with self._at_once.connect() as conn:
            for portal_id, document_id in await statements.garbage(conn, self._now(), _COLLECTED):
                try:
                    await self._storage.delete(portal_id, document_id)
                except StorageUnavailable as error:
                    log.warning("file not taken away", document_id=str(document_id), error=repr(error))
                    await statements.put_off_garbage(conn, portal_id, document_id, self._now() + _RETRY)
                    continue
                await statements.keep(conn, portal_id, document_id)

    async def _settle(self, held: HeldDocument) -> float | None:
        if held.attempts > MAX_ATTEMPTS:
            await self._fail(held, _why(ExtractionFailed("crashed", "its workers died")))
            return None
        try:
            extracted = await self._extract(held)
            await self._index(held, extracted)
        except ExtractionFailed as failure:
            await self._fail(held, _why(failure), failure.detail)
        except KnowledgeFull:
            await self._fail(held, _FULL)
        except (StorageUnavailable, FileNotFoundError) as error:
            return await self._put_off(held, error)
        return None

    async def _extract(self, held: HeldDocument) -> Extracted:
        with tempfile.TemporaryDirectory(prefix="tb-read-") as folder:
            path = Path(folder) / "file"
            await self._storage.fetch(held.portal_id, held.document_id, path)
            return await extract(path, held.filename, LIMITS)

    async def _index(self, held: HeldDocument, extracted: Extracted) -> None:
        found = await asyncio.to_thread(chunk, extracted.text, extracted.page_starts)
        async with self._at_once.connect() as conn:
            await _be_room(conn, held, len(found))
        await self._store(held, found)
        read = {
            "content_type": extracted.kind,
            "title": extracted.title[:255],
            "language": extracted.language,
            "pages": extracted.pages,
            "chunks": len(found),
            "is_truncated": extracted.truncated,
        }
        async with self._engine.begin() as conn:
            await statements.lock(conn, held.portal_id)
            await _be_room(conn, held, len(found))  # others were read meanwhile
            if not await statements.finish(conn, held, read, self._now()):
                raise LostIt
            await passages.enter(conn, held.portal_id)
            await passages.clear(conn, held.portal_id, held.document_id, keep=held.generation)
            await passages.bump(conn, held.portal_id)
        log.info("document ready", document_id=str(held.document_id), chunks=len(found), kind=extracted.kind)

    async def _store(self, held: HeldDocument, found: list[Chunk]) -> None:
        for first in range(0, max(1, len(found)), _AT_ONCE):
            share = first / max(1, len(found))
            progress = _EXTRACTED_PERCENT + int((100 - _EXTRACTED_PERCENT) * share)
            async with self._engine.begin() as conn:
                if not await statements.go_on(conn, held, DocumentState.INDEXING, progress, self._now()):
                    raise LostIt
                await passages.enter(conn, held.portal_id)
                if not first:
                    # What an earlier try left under this generation.
                    await passages.discard(conn, held.portal_id, held.document_id, held.generation)
                part = found[first : first + _AT_ONCE]
                await passages.insert(conn, held.portal_id, held.document_id, held.generation, first, part)

    async def _fail(self, held: HeldDocument, why: Why, detail: str = "") -> None:
        log.warning("document not read", document_id=str(held.document_id), code=why.code, detail=detail)
        async with self._engine.begin() as conn:
            if await statements.fail(conn, held, why, self._now()):
                await passages.enter(conn, held.portal_id)
                await passages.discard(conn, held.portal_id, held.document_id, held.generation)

    async def _put_off(self, held: HeldDocument, error: StorageUnavailable | FileNotFoundError) -> float | None:
        log.warning("document not fetched", document_id=str(held.document_id), error=repr(error))
        now, is_lost = self._now(), isinstance(error, FileNotFoundError)
        async with self._engine.begin() as conn:
            if is_lost and held.attempts >= MAX_ATTEMPTS:
                await statements.fail(conn, held, _LOST, now)
                return None
            await statements.put_off(conn, held, _LOST if is_lost else _AWAY, now + _RETRY, now, counts=is_lost)
        return _RETRY.total_seconds()


async def _be_room(conn: AsyncConnection, held: HeldDocument, passages_found: int) -> None:
    if passages_found + await statements.passages_of_others(conn, held) > MAX_PASSAGES:
        raise KnowledgeFull


def _why(failure: ExtractionFailed) -> Why:
    return Why(failure.code, failure.message_ru, failure.message_en)
