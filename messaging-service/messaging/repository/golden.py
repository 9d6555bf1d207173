"""Statements on golden questions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.db import sql
from messaging.knowledge.document import Golden

_COLUMNS = "id, question, accepted, current, is_changed, asked_at, created_by, created_at"


async def page(
    conn: AsyncConnection, portal_id: UUID, before: UUID | None, limit: int, *, only_changed: bool
) -> list[Golden]:
    """Return a portal's golden questions, newest first, older than `before`."""
    statement = sql(f"""
        SELECT {_COLUMNS} FROM kb_golden
        WHERE portal_id = :portal_id AND (CAST(:before AS uuid) IS NULL OR id < :before)
          AND (is_changed OR NOT :only_changed)
        ORDER BY id DESC LIMIT :limit
    """)  # noqa: S608 - our own words
    given = {"portal_id": portal_id, "before": before, "limit": limit, "only_changed": only_changed}
    return [_golden(row) for row in await conn.execute(statement, given)]


async def insert(conn: AsyncConnection, portal_id: UUID, golden: Golden) -> None:
    """Store a new one, to be asked."""
    await conn.execute(
        sql("""
            INSERT INTO kb_golden (portal_id, id, question, created_by, created_at)
            VALUES (:portal_id, :id, :question, :created_by, :created_at)
        """),
        {
            "portal_id": portal_id,
            "id": golden.id,
            "question": golden.question,
            "created_by": golden.created_by,
            "created_at": golden.created_at,
        },
    )


async def delete(conn: AsyncConnection, portal_id: UUID, golden_id: UUID) -> None:
    """Delete one, if it is there."""
    statement = sql("DELETE FROM kb_golden WHERE portal_id = :portal_id AND id = :id")
    await conn.execute(statement, {"portal_id": portal_id, "id": golden_id})


async def count(conn: AsyncConnection, portal_id: UUID) -> int:
    """Return how many a portal has."""
    statement = sql("SELECT count(*) FROM kb_golden WHERE portal_id = :portal_id")
    return int(await conn.scalar(statement, {"portal_id": portal_id}) or 0)


async def accept(conn: AsyncConnection, portal_id: UUID, golden_id: UUID) -> Golden | None:
    """Take what is answered now as right; returns it, None where there is none."""
    rows = await conn.execute(
        sql(f"""
            UPDATE kb_golden SET accepted = current, is_changed = false
            WHERE portal_id = :portal_id AND id = :id RETURNING {_COLUMNS}
        """),  # noqa: S608 - our own words
        {"portal_id": portal_id, "id": golden_id},
    )
    row = rows.first()
    return _golden(row) if row else None


async def due(conn: AsyncConnection, limit: int) -> list[tuple[UUID, UUID, str, int | None]]:
    """Return questions to be asked (portal, id, question, version): since they were, the knowledge changed.

    Portals in turn, and not while a portal's documents are being embedded: the answer would change once more.
    """
    statement = sql("""
        SELECT g.portal_id, g.id, g.question, v.version
        FROM kb_golden AS g LEFT JOIN kb_versions AS v ON v.portal_id = g.portal_id
        WHERE g.version <> coalesce(v.version, 0) AND NOT EXISTS (
            SELECT FROM kb_documents AS d
            WHERE d.portal_id = g.portal_id AND d.embedding_due_at IS NOT NULL AND d.embedding_error = ''
        )
        ORDER BY row_number() OVER (PARTITION BY g.portal_id ORDER BY g.asked_at NULLS FIRST, g.id), random()
        LIMIT :limit
    """)
    rows = await conn.execute(statement, {"limit": limit})
    return [(row.portal_id, row.id, row.question, row.version) for row in rows]


async def answered(
    conn: AsyncConnection,
    portal_id: UUID,
    golden_id: UUID,
    version: int | None,
    answer: Mapping[str, Any],
    now: datetime,
) -> None:
    """Store what is answered now; the first answer is taken as right."""
    await conn.execute(
        sql("""
            UPDATE kb_golden
            SET current = CAST(:answer AS jsonb), version = :version, asked_at = :now,
                accepted = coalesce(accepted, CAST(:answer AS jsonb)),
                is_changed = coalesce(accepted <> CAST(:answer AS jsonb), false)
            WHERE portal_id = :portal_id AND id = :id AND version < :version
        """),
        {
            "portal_id": portal_id,
            "id": golden_id,
            "version": version or 0,
            "answer": orjson.dumps(dict(answer)).decode(),
            "now": now,
        },
    )


def _golden(row: Row[Any]) -> Golden:
    return Golden(**dict(row._mapping))  # noqa: SLF001 - a public attribute in spite of its name
