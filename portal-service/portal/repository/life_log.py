"""Statements on what portals went through."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from kit import ids, trace
from portal.domain import LifeEntry
from portal.tables import portal_life


async def write(
    conn: AsyncConnection,
    portal_id: UUID,
    event: str,
    now: datetime,
    *,
    before: dict[str, str] | None = None,
    after: dict[str, str] | None = None,
) -> None:
    """Keep what happened to a portal, in the transaction of the change."""
    await conn.execute(
        insert(portal_life).values(
            portal_id=portal_id,
            id=ids.uuid7(),
            created_at=now,
            event=event,
            before=before or {},
            after=after or {},
            trace_id=trace.current.get(),
        )
    )


async def page(
    conn: AsyncConnection,
    portal_id: UUID,
    *,
    since: datetime | None,
    until: datetime | None,
    before: UUID | None,
    limit: int,
) -> list[LifeEntry]:
    """Return entries of a portal, newest first, older than `before`."""
    statement = select(portal_life).where(portal_life.c.portal_id == portal_id)
    if since:
        statement = statement.where(portal_life.c.created_at >= since)
    if until:
        statement = statement.where(portal_life.c.created_at < until)
    if before:
        statement = statement.where(portal_life.c.id < before)
    found = await conn.execute(statement.order_by(portal_life.c.id.desc()).limit(limit))
    return [
        LifeEntry(
            id=row.id,
            portal_id=row.portal_id,
            created_at=row.created_at,
            event=row.event,
            before=row.before,
            after=row.after,
            trace_id=row.trace_id,
        )
        for row in found
    ]
