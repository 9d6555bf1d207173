"""Statements on deletion reports."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.tables import deletion_reports, portal_users_access


async def add(
    conn: AsyncConnection,
    portal_id: UUID,
    asked_at: datetime,
    context: str,
    deleted: dict[str, int],
    reported_at: datetime,
    signature: bytes,
) -> None:
    """Store a line; the first telling counts."""
    statement = insert(deletion_reports).values(
        portal_id=portal_id,
        asked_at=asked_at,
        context=context,
        deleted=deleted,
        reported_at=reported_at,
        signature=signature,
    )
    await conn.execute(statement.on_conflict_do_nothing())


async def find(conn: AsyncConnection, portal_id: UUID, asked_at: datetime, context: str) -> Row[Any] | None:
    """Return a line."""
    statement = select(deletion_reports).where(
        deletion_reports.c.portal_id == portal_id,
        deletion_reports.c.asked_at == asked_at,
        deletion_reports.c.context == context,
    )
    return (await conn.execute(statement)).first()


async def drop_users(conn: AsyncConnection, portal_id: UUID) -> int:
    """Forget who was allowed to talk; returns how many."""
    statement = delete(portal_users_access).where(portal_users_access.c.portal_id == portal_id)
    return (await conn.execute(statement)).rowcount
