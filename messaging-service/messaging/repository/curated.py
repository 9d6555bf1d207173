"""Statements on curated answers."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from kit.db import sql
from messaging.knowledge.document import Curated

_COLUMNS = "id, question, answer, from_message_id, created_by, created_at, updated_at"


async def of_portal(
    conn: AsyncConnection, portal_id: UUID, before: UUID | None = None, limit: int | None = None
) -> list[Curated]:
    """Return a portal's curated answers, newest first, older than `before`."""
    statement = sql(f"""
        SELECT {_COLUMNS} FROM kb_curated
        WHERE portal_id = :portal_id AND (CAST(:before AS uuid) IS NULL OR id < :before)
        ORDER BY id DESC LIMIT :limit
    """)  # noqa: S608 - our own words
    rows = await conn.execute(statement, {"portal_id": portal_id, "before": before, "limit": limit})
    return [Curated(*row) for row in rows]


async def insert(conn: AsyncConnection, portal_id: UUID, curated: Curated) -> None:
    """Store a new curated answer."""
    await conn.execute(
        sql("""
            INSERT INTO kb_curated (portal_id, id, question, answer, from_message_id, created_by, created_at,
                                    updated_at)
            VALUES (:portal_id, :id, :question, :answer, :from_message_id, :created_by, :created_at, :updated_at)
        """),
        {
            "portal_id": portal_id,
            "id": curated.id,
            "question": curated.question,
            "answer": curated.answer,
            "from_message_id": curated.from_message_id,
            "created_by": curated.created_by,
            "created_at": curated.created_at,
            "updated_at": curated.updated_at,
        },
    )


async def change(
    conn: AsyncConnection, portal_id: UUID, curated_id: UUID, question: str, answer: str, now: datetime
) -> Curated | None:
    """Change what a curated answer says; returns it, None where there is none."""
    rows = await conn.execute(
        sql(f"""
            UPDATE kb_curated SET question = :question, answer = :answer, updated_at = :now
            WHERE portal_id = :portal_id AND id = :id RETURNING {_COLUMNS}
        """),  # noqa: S608 - our own words
        {"portal_id": portal_id, "id": curated_id, "question": question, "answer": answer, "now": now},
    )
    row = rows.first()
    return Curated(*row) if row else None


async def delete(conn: AsyncConnection, portal_id: UUID, curated_id: UUID) -> bool:
    """Delete a curated answer. Returns whether there was one."""
    statement = sql("DELETE FROM kb_curated WHERE portal_id = :portal_id AND id = :id")
    return (await conn.execute(statement, {"portal_id": portal_id, "id": curated_id})).rowcount == 1


async def count(conn: AsyncConnection, portal_id: UUID) -> int:
    """Return how many a portal has."""
    statement = sql("SELECT count(*) FROM kb_curated WHERE portal_id = :portal_id")
    return int(await conn.scalar(statement, {"portal_id": portal_id}) or 0)
