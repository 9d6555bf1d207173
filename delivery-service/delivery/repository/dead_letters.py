"""Statements on dead letters: what was given up is taken up again."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from delivery.domain import DeadFilter, News, State
from delivery.repository.reading import begins_with
from delivery.tables import outbox
from kit import ids
from kit.db import sql


async def count(conn: AsyncConnection, wanted: DeadFilter, most: int) -> int:
    """Return how many dead letters there are, at most `most`."""
    found = select(outbox.c.id).where(*_conditions(wanted)).limit(most).subquery()
    return await conn.scalar(select(func.count()).select_from(found)) or 0


async def find(conn: AsyncConnection, wanted: DeadFilter, limit: int) -> list[UUID]:
    """Return the ids of dead letters, the oldest first."""
    return list(
        await conn.scalars(select(outbox.c.id).where(*_conditions(wanted)).order_by(outbox.c.id).limit(limit))
    )


async def take_up(conn: AsyncConnection, item_ids: list[UUID], now: datetime) -> list[News]:
    """Have dead letters sent again, with the key that they had; returns which were dead.

    What may have been shown waits for the platform's memory of its key anew (contract 4.6).
    """
    rows = await conn.execute(
        sql("""
            WITH wanted AS (
                SELECT portal_id, id FROM outbox
                WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'dead'
                ORDER BY portal_id, id FOR UPDATE
            )
            UPDATE outbox AS item
            SET state = CASE WHEN item.unknown_since IS NULL THEN 'retry' ELSE 'unknown' END,
                unknown_since = CASE WHEN item.unknown_since IS NOT NULL THEN CAST(:now AS timestamptz) END,
                attempts = 0, due_at = :now, cause = '', next_step = ''
            FROM wanted WHERE item.portal_id = wanted.portal_id AND item.id = wanted.id
            RETURNING item.portal_id, item.id, item.dialog_id, item.state, item.trace_id
        """),
        {"ids": item_ids, "now": now},
    )
    return [
        News(
            portal_id=row.portal_id,
            message_id=row.id,
            dialog_id=row.dialog_id,
            state=State(row.state),
            provider_message_id=0,
            cause="",
            trace_id=row.trace_id,
        )
        for row in rows
    ]


def _conditions(wanted: DeadFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[Any]] = [outbox.c.state == State.DEAD]
    if wanted.portal_id:
        conditions.append(outbox.c.portal_id == wanted.portal_id)
    if wanted.dialog_id:
        conditions.append(outbox.c.dialog_id == wanted.dialog_id)
    if wanted.cause:
        conditions.append(begins_with(outbox.c.cause, wanted.cause))
    if wanted.since:
        conditions.append(outbox.c.id >= ids.floor_of(wanted.since))
    if wanted.until:
        conditions.append(outbox.c.id < ids.floor_of(wanted.until))
    return conditions
