"""Statements that forget what ended long ago."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from kit.db import sql

BATCH = 1_000
"""Outcomes of one transaction: it deletes as many items by their keys."""


@dataclass(frozen=True)
class Pruned:
    """How many rows went."""

    outcomes: int
    items: int


async def delete_before(conn: AsyncConnection, moment: datetime) -> Pruned:
    """Delete the oldest outcomes from before a moment, and their items if those ended before it too.

    `due_at` of one that ended is when it did: what was tried again goes with its last outcome. The feed is in the
    order of its ids, so its beginning is found without an index of times.
    """
    row = (
        await conn.execute(
            sql(f"""
                WITH oldest AS (
                    SELECT id, created_at FROM outcomes ORDER BY id LIMIT {BATCH}
                ), gone AS (
                    DELETE FROM outcomes AS o USING oldest
                    WHERE o.id = oldest.id AND oldest.created_at < :moment
                    RETURNING o.portal_id, o.message_id
                ), ended AS (
                    DELETE FROM outbox AS item USING (SELECT DISTINCT portal_id, message_id FROM gone) AS of
                    WHERE item.portal_id = of.portal_id AND item.id = of.message_id
                      AND item.state IN ('sent', 'dead') AND item.due_at < :moment
                    RETURNING item.id
                )
                SELECT (SELECT count(*) FROM gone) AS outcomes, (SELECT count(*) FROM ended) AS items
            """),  # noqa: S608 - our own number
            {"moment": moment},
        )
    ).one()
    return Pruned(row.outcomes, row.items)
