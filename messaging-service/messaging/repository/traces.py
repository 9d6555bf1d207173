"""Statements on where a trace belongs: its id is that of its first row, so it says when to look."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.db import sql
from messaging.tables import messages


async def portal_of(conn: AsyncConnection, trace_id: UUID) -> UUID | None:
    """Return the portal of a trace, NIL where a request was nobody's; None where nothing is known of it."""
    found: UUID | None = await conn.scalar(
        # Of every request there is an event, unless it is pruned; a welcome has none, its trace is itself.
        sql("""
            SELECT portal_id FROM events WHERE id = :id
            UNION ALL SELECT portal_id FROM bitrix_inbound_events WHERE id = :id
            UNION ALL SELECT portal_id FROM messages WHERE id = :id
            LIMIT 1
        """),
        {"id": trace_id},
    )
    return found


async def dialog_of(conn: AsyncConnection, portal_id: UUID, trace_id: UUID) -> UUID | None:
    """Return the dialog of a trace's question or welcome, None where it has none."""
    found: UUID | None = await conn.scalar(
        select(messages.c.dialog_id).where(messages.c.portal_id == portal_id, messages.c.id == trace_id)
    )
    return found
