"""Statements on documents: stored, read by a worker, looked at, deleted."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.db import sql
from kit.queue_pauses import is_resting
from messaging.knowledge.document import Document, DocumentState, HeldDocument, Why, Within

_COLUMNS = """
    portal_id, id, filename, content_type, size, sha256, state, progress, error_code, error_ru, error_en, title,
    language, pages, chunks, is_truncated, uploaded_by, created_at, updated_at,
    embedding_due_at IS NOT NULL AND generation > 0 AS is_embedding_due, embedding_error
"""


async def lock(conn: AsyncConnection, portal_id: UUID) -> None:
    """Have one upload of a portal at a time decide, until the transaction's end."""
    statement = sql("SELECT pg_advisory_xact_lock(hashtextextended('kb' || CAST(:id AS uuid), 0))")
    await conn.execute(statement, {"id": portal_id})


async def taken(conn: AsyncConnection, portal_id: UUID) -> tuple[int, int]:
    """Return how many documents a portal has, and their bytes."""
    statement = sql("SELECT count(*), coalesce(sum(size), 0) FROM kb_documents WHERE portal_id = :portal_id")
    count, size = (await conn.execute(statement, {"portal_id": portal_id})).one()
    return count, int(size)


async def insert(
    conn: AsyncConnection,
    *,
    portal_id: UUID,
    document_id: UUID,
    filename: str,
    size: int,
    sha256: bytes,
    uploaded_by: int,
    now: datetime,
) -> None:
    """Add a document whose file is stored, due to be read."""
    await conn.execute(
        sql("""
            INSERT INTO kb_documents (portal_id, id, filename, size, sha256, uploaded_by, due_at, created_at,
                                      updated_at)
            VALUES (:portal_id, :id, :filename, :size, :sha256, :uploaded_by, :now, :now, :now)
        """),
        {
            "portal_id": portal_id,
            "id": document_id,
            "filename": filename,
            "size": size,
            "sha256": sha256,
            "uploaded_by": uploaded_by,
            "now": now,
        },
    )


async def find(conn: AsyncConnection, portal_id: UUID, document_id: UUID) -> Document | None:
    """Return a document."""
    statement = sql(f"SELECT {_COLUMNS} FROM kb_documents WHERE portal_id = :portal_id AND id = :id")  # noqa: S608 - our own words
    row = (await conn.execute(statement, {"portal_id": portal_id, "id": document_id})).first()
    return _document(row) if row else None


async def find_same(conn: AsyncConnection, portal_id: UUID, sha256: bytes) -> Document | None:
    """Return the document of these bytes."""
    statement = sql(f"SELECT {_COLUMNS} FROM kb_documents WHERE portal_id = :portal_id AND sha256 = :sha256")  # noqa: S608 - our own words
    row = (await conn.execute(statement, {"portal_id": portal_id, "sha256": sha256})).first()
    return _document(row) if row else None


async def page(
    conn: AsyncConnection, portal_id: UUID, state: str, query: str, within: Within, limit: int
) -> list[Document]:
    """Return documents, newest first; `query` is a part of the file's name or the title."""
    rows = await conn.execute(
        sql(f"""
            SELECT {_COLUMNS} FROM kb_documents
            WHERE portal_id = :portal_id AND (:state = '' OR state = :state)
              AND (CAST(:before AS uuid) IS NULL OR id < :before)
              AND (CAST(:since AS timestamptz) IS NULL OR created_at >= :since)
              AND (CAST(:until AS timestamptz) IS NULL OR created_at < :until)
              AND (:query = '' OR position(lower(:query) IN lower(filename || ' ' || title)) > 0)
            ORDER BY id DESC LIMIT :limit
        """),  # noqa: S608 - our own words
        {"portal_id": portal_id, "state": state, "query": query, "limit": limit, **asdict(within)},
    )
    return [_document(row) for row in rows]


async def delete(conn: AsyncConnection, portal_id: UUID, document_id: UUID) -> bool:
    """Delete a document with its passages; its file is taken away after. Returns whether there was one."""
    statement = sql("DELETE FROM kb_documents WHERE portal_id = :portal_id AND id = :id")
    return (await conn.execute(statement, {"portal_id": portal_id, "id": document_id})).rowcount == 1


async def make_due(conn: AsyncConnection, portal_id: UUID, document_id: UUID, now: datetime) -> bool:
    """Have a document read anew, if nobody is at it. Returns whether there is one."""
    statement = sql("""
        UPDATE kb_documents
        SET due_at = coalesce(due_at, :now), attempts = 0, error_code = '', error_ru = '', error_en = '',
            state = CASE WHEN due_at IS NULL THEN 'uploaded' ELSE state END,
            progress = CASE WHEN due_at IS NULL THEN 0 ELSE progress END
        WHERE portal_id = :portal_id AND id = :id
    """)
    found = await conn.execute(statement, {"portal_id": portal_id, "id": document_id, "now": now})
    return found.rowcount == 1


async def claim(
    conn: AsyncConnection, now: datetime, lease_until: datetime, token: UUID, limit: int
) -> list[HeldDocument]:
    """Hold up to `limit` documents that are due and nobody reads, of portals in turn."""
    rows = await conn.execute(
        sql(f"""
            WITH first AS (
                SELECT portal_id, id, row_number() OVER (PARTITION BY portal_id ORDER BY due_at, id) AS place
                FROM kb_documents
                WHERE due_at <= :now AND (lease_until IS NULL OR lease_until < :now)
                  AND NOT {is_resting("kb_documents.portal_id", "knowledge")}
            ), chosen AS (
                SELECT portal_id, id FROM first ORDER BY place, id LIMIT :limit
            ), picked AS (
                SELECT d.portal_id, d.id FROM kb_documents AS d JOIN chosen USING (portal_id, id)
                WHERE due_at <= :now AND (lease_until IS NULL OR lease_until < :now)
                FOR UPDATE OF d SKIP LOCKED
            )
            UPDATE kb_documents AS d
            SET state = 'extracting', progress = 0, attempts = attempts + 1, lease_until = :lease_until,
                lease_token = :token, updated_at = :now
            FROM picked WHERE d.portal_id = picked.portal_id AND d.id = picked.id
            RETURNING d.portal_id, d.id, d.filename, d.attempts, d.generation
        """),  # noqa: S608 - our own words
        {"now": now, "lease_until": lease_until, "token": token, "limit": limit},
    )
    return [
        HeldDocument(row.portal_id, row.id, token, row.filename, row.attempts, row.generation + 1) for row in rows
    ]


async def renew(conn: AsyncConnection, held: Mapping[tuple[UUID, UUID], UUID], lease_until: datetime) -> None:
    """Hold documents ((portal, id) -> token) for longer."""
    await conn.execute(
        sql("""
            UPDATE kb_documents SET lease_until = :lease_until
            FROM unnest(CAST(:portal_ids AS uuid[]), CAST(:ids AS uuid[]), CAST(:tokens AS uuid[]))
                 AS held (portal_id, id, token)
            WHERE kb_documents.portal_id = held.portal_id AND kb_documents.id = held.id
              AND lease_token = held.token
        """),
        {
            "portal_ids": [portal_id for portal_id, _ in held],
            "ids": [document_id for _, document_id in held],
            "tokens": list(held.values()),
            "lease_until": lease_until,
        },
    )


async def go_on(
    conn: AsyncConnection, held: HeldDocument, state: DocumentState, progress: int, now: datetime
) -> bool:
    """Tell how far a document is. Returns whether it is still this worker's: it may have been deleted."""
    return await _settle(conn, held, {"state": state, "progress": progress, "updated_at": now}, lets_go=False)


async def finish(conn: AsyncConnection, held: HeldDocument, read: Mapping[str, Any], now: datetime) -> bool:
    """Answer from the new passages of a document from now on; `read` holds columns. Returns whether it is ours."""
    said = {"error_code": "", "error_ru": "", "error_en": "", "embedding_error": "", "embedding_due_at": now}
    values = {**read, **said, "state": "ready", "progress": 100, "generation": held.generation, "updated_at": now}
    return await _settle(conn, held, values, lets_go=True)


async def fail(conn: AsyncConnection, held: HeldDocument, why: Why, now: datetime) -> bool:
    """Say why a document cannot be read. What it held before is kept."""
    values = {**_said(why), "state": "failed", "progress": 0, "updated_at": now}
    return await _settle(conn, held, values, lets_go=True)


async def put_off(
    conn: AsyncConnection, held: HeldDocument, why: Why, retry_at: datetime, now: datetime, *, counts: bool
) -> bool:
    """Say why a document waits, and have it tried again; what was not its fault does not count as an attempt."""
    attempts = held.attempts - (0 if counts else 1)
    values = {**_said(why), "state": "uploaded", "progress": 0, "attempts": attempts, "updated_at": now}
    return await _settle(conn, held, values, lets_go=True, due_at=retry_at)


def _said(why: Why) -> dict[str, str]:
    return {"error_code": why.code, "error_ru": why.ru, "error_en": why.en}


async def _settle(
    conn: AsyncConnection,
    held: HeldDocument,
    values: Mapping[str, Any],
    *,
    lets_go: bool,
    due_at: datetime | None = None,
) -> bool:
    sets = [f"{name} = :{name}" for name in values]
    given = {**values, "portal_id": held.portal_id, "id": held.document_id, "token": held.token}
    if lets_go:
        sets.append("lease_until = NULL, lease_token = NULL, due_at = :due_at")
        given["due_at"] = due_at
    statement = sql(
        f"UPDATE kb_documents SET {', '.join(sets)} "  # noqa: S608 - our own words
        "WHERE portal_id = :portal_id AND id = :id AND lease_token = :token"
    )
    return (await conn.execute(statement, given)).rowcount == 1


async def forget_later(conn: AsyncConnection, portal_id: UUID, document_id: UUID, due_at: datetime) -> None:
    """Have a stored file taken away at a moment, unless it becomes a document's before (`keep`)."""
    statement = sql("INSERT INTO kb_garbage (portal_id, document_id, due_at) VALUES (:portal_id, :id, :due_at)")
    await conn.execute(statement, {"portal_id": portal_id, "id": document_id, "due_at": due_at})


async def keep(conn: AsyncConnection, portal_id: UUID, document_id: UUID) -> None:
    """Have a stored file not taken away."""
    statement = sql("DELETE FROM kb_garbage WHERE portal_id = :portal_id AND document_id = :id")
    await conn.execute(statement, {"portal_id": portal_id, "id": document_id})


async def passages_of_others(conn: AsyncConnection, held: HeldDocument) -> int:
    """Return how many passages of a portal's other documents are answered from."""
    statement = sql("""
        SELECT coalesce(sum(chunks), 0) FROM kb_documents
        WHERE portal_id = :portal_id AND id <> :id AND generation > 0
    """)
    given = {"portal_id": held.portal_id, "id": held.document_id}
    return int(await conn.scalar(statement, given) or 0)


async def gone(conn: AsyncConnection, documents: Collection[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
    """Return which of these documents (portal, id) are not there any more."""
    rows = await conn.execute(
        sql("""
            SELECT asked.portal_id, asked.id
            FROM unnest(CAST(:portal_ids AS uuid[]), CAST(:ids AS uuid[])) AS asked (portal_id, id)
            WHERE NOT EXISTS (
                SELECT FROM kb_documents AS d WHERE d.portal_id = asked.portal_id AND d.id = asked.id
            )
        """),
        {
            "portal_ids": [portal_id for portal_id, _ in documents],
            "ids": [document_id for _, document_id in documents],
        },
    )
    return {(row.portal_id, row.id) for row in rows}


async def put_off_garbage(conn: AsyncConnection, portal_id: UUID, document_id: UUID, due_at: datetime) -> None:
    """Have a file taken away later, so that others are not kept waiting by it."""
    statement = sql("""
        UPDATE kb_garbage SET due_at = :due_at WHERE portal_id = :portal_id AND document_id = :id
    """)
    await conn.execute(statement, {"portal_id": portal_id, "id": document_id, "due_at": due_at})


async def garbage(conn: AsyncConnection, now: datetime, limit: int) -> Sequence[tuple[UUID, UUID]]:
    """Return files to be taken away, by portal and document."""
    statement = sql(
        "SELECT portal_id, document_id FROM kb_garbage WHERE due_at <= :now ORDER BY due_at LIMIT :limit"
    )
    return [
        (row.portal_id, row.document_id) for row in await conn.execute(statement, {"now": now, "limit": limit})
    ]


def _document(row: Row[Any]) -> Document:
    values = dict(row._mapping)  # noqa: SLF001 - a public attribute in spite of its name
    return Document(**{**values, "state": DocumentState(values["state"])})
