"""Statements on passages. The database shows those of one portal only: `enter` says of which."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.db import sql
from messaging.knowledge.chunking import Chunk
from messaging.knowledge.document import StoredPassage

LIVE = """
    SELECT c.document_id, c.place, d.filename, d.title, c.heading, c.page, c.page_breaks, c.starts, c.ends, c.body
    FROM kb_chunks AS c
    JOIN kb_documents AS d ON d.portal_id = c.portal_id AND d.id = c.document_id AND d.generation = c.generation
"""
"""Passages that are answered from."""


async def enter(conn: AsyncConnection, portal_id: UUID) -> None:
    """Say whose passages this transaction is about; without it there are none (row level security)."""
    await conn.execute(sql("SELECT set_config('tb.portal_id', :id, true)"), {"id": str(portal_id)})


async def insert(
    conn: AsyncConnection, portal_id: UUID, document_id: UUID, generation: int, first: int, chunks: Sequence[Chunk]
) -> None:
    """Store passages, from place `first` on."""
    await conn.execute(
        sql("""
            INSERT INTO kb_chunks (portal_id, document_id, generation, place, heading, page, page_breaks,
                                   starts, ends, body)
            SELECT :portal_id, :document_id, :generation, place,
                   coalesce(string_to_array(nullif(heading, ''), E'\\x1f'), '{}'), page,
                   coalesce(CAST(string_to_array(nullif(breaks, ''), ',') AS integer[]), '{}'), starts, ends, body
            FROM unnest(
                CAST(:places AS integer[]), CAST(:headings AS text[]), CAST(:pages AS integer[]),
                CAST(:breaks AS text[]),
                CAST(:starts AS integer[]), CAST(:ends AS integer[]), CAST(:bodies AS text[])
            ) AS new (place, heading, page, breaks, starts, ends, body)
        """),
        {
            "portal_id": portal_id,
            "document_id": document_id,
            "generation": generation,
            "places": list(range(first, first + len(chunks))),
            "headings": ["\x1f".join(chunk.headings) for chunk in chunks],
            "pages": [chunk.page for chunk in chunks],
            "breaks": [",".join(map(str, chunk.page_breaks)) for chunk in chunks],
            "starts": [chunk.start for chunk in chunks],
            "ends": [chunk.end for chunk in chunks],
            "bodies": [chunk.text for chunk in chunks],
        },
    )


async def clear(conn: AsyncConnection, portal_id: UUID, document_id: UUID, keep: int) -> None:
    """Delete a document's passages of every generation but one."""
    statement = sql("""
        DELETE FROM kb_chunks
        WHERE portal_id = :portal_id AND document_id = :document_id AND generation <> :keep
    """)
    await conn.execute(statement, {"portal_id": portal_id, "document_id": document_id, "keep": keep})


async def discard(conn: AsyncConnection, portal_id: UUID, document_id: UUID, generation: int) -> None:
    """Delete a document's passages of one generation."""
    statement = sql("""
        DELETE FROM kb_chunks
        WHERE portal_id = :portal_id AND document_id = :document_id AND generation = :generation
    """)
    await conn.execute(statement, {"portal_id": portal_id, "document_id": document_id, "generation": generation})


async def page(
    conn: AsyncConnection, portal_id: UUID, document_id: UUID, after: int, limit: int
) -> list[StoredPassage]:
    """Return the passages of a document that is answered from, in order, after a place."""
    rows = await conn.execute(
        sql(f"""
            {LIVE}
            WHERE c.portal_id = :portal_id AND c.document_id = :document_id AND c.place > :after
            ORDER BY c.place LIMIT :limit
        """),
        {"portal_id": portal_id, "document_id": document_id, "after": after, "limit": limit},
    )
    return [passage(row) for row in rows]


async def of_portal(conn: AsyncConnection, portal_id: UUID) -> list[StoredPassage]:
    """Return every passage that a portal's answers may come from, by document and place."""
    rows = await conn.execute(
        sql(f"{LIVE} WHERE c.portal_id = :portal_id ORDER BY c.document_id, c.place"), {"portal_id": portal_id}
    )
    return [passage(row) for row in rows]


async def bump(conn: AsyncConnection, portal_id: UUID) -> None:
    """Have everybody see that what a portal's answers come from has changed."""
    statement = sql("""
        INSERT INTO kb_versions (portal_id, version) VALUES (:portal_id, nextval('kb_version_numbers'))
        ON CONFLICT (portal_id) DO UPDATE SET version = excluded.version
    """)
    await conn.execute(statement, {"portal_id": portal_id})


async def versions(conn: AsyncConnection, portal_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return the version of what each portal's answers come from; one that never had a document is absent."""
    statement = sql(
        "SELECT portal_id, version FROM kb_versions WHERE portal_id = ANY(CAST(:portal_ids AS uuid[]))"
    )
    rows = await conn.execute(statement, {"portal_ids": list(portal_ids)})
    return {row.portal_id: row.version for row in rows}


def passage_id(document_id: UUID, place: int) -> UUID:
    """Return what a passage is known by."""
    return UUID(int=document_id.int ^ (place + 1))


def passage(row: Row[Any]) -> StoredPassage:
    """Return a row of LIVE."""
    return StoredPassage(
        id=passage_id(row.document_id, row.place),
        document_id=row.document_id,
        title=row.title or PurePath(row.filename).stem,
        heading=" > ".join(row.heading),
        text=row.body,
        place=row.place,
        filename=row.filename,
        path=tuple(row.heading),
        page=row.page,
        page_breaks=tuple(row.page_breaks),
        starts=row.starts,
        ends=row.ends,
    )
