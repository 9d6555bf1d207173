"""Statements on changes that were asked for: each is carried out once, however often it is asked for."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from kit.db import sql


async def is_new(conn: AsyncConnection, request_id: UUID, now: datetime) -> bool:
    """Take a request, in the transaction that carries it out. Returns False where it was carried out before."""
    result = await conn.execute(
        sql("INSERT INTO handled_requests (id, created_at) VALUES (:id, :now) ON CONFLICT DO NOTHING"),
        {"id": request_id, "now": now},
    )
    return result.rowcount == 1


async def prune(conn: AsyncConnection, before: datetime) -> None:
    """Forget requests that nobody repeats any more."""
    await conn.execute(sql("DELETE FROM handled_requests WHERE created_at < :before"), {"before": before})
