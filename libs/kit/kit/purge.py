"""Deleting what a context knows of a portal: asked for by the change feed, done in small transactions, reported.

Each schema that follows the feed of portals has a table `purges` (portal_id, asked_at, member_id).
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from kit.db import sql

log = structlog.get_logger("purge")

CHUNK = 5_000
"""Rows of one transaction: nothing else waits long for it."""
LATE = timedelta(minutes=5)

Report = Callable[[UUID, datetime, Mapping[str, int]], Awaitable[None]]


async def ask(conn: AsyncConnection, portal_id: UUID, member_id: str, asked_at: datetime) -> None:
    """Have a portal purged, in the caller's transaction; asking again for the same moment changes nothing."""
    await conn.execute(
        sql("""
            INSERT INTO purges (portal_id, asked_at, member_id) VALUES (:portal_id, :asked_at, :member_id)
            ON CONFLICT DO NOTHING
        """),
        {"portal_id": portal_id, "asked_at": asked_at, "member_id": member_id},
    )


async def cancel(conn: AsyncConnection, portal_id: UUID) -> None:
    """Give up a purge, in the caller's transaction: the portal came back (contract 1.6)."""
    await conn.execute(sql("DELETE FROM purges WHERE portal_id = :portal_id"), {"portal_id": portal_id})


class Purge:
    """Carries purges out: `conditions` names the rows of each table, by `:portal_id` and `:member_id`."""

    def __init__(self, engine: AsyncEngine, conditions: Mapping[str, str], report: Report) -> None:
        self._engine = engine
        self._conditions = conditions
        self._report = report

    async def round(self) -> None:
        """Purge what is asked for. Repeated after a failure it finds what is left; two at once do no harm.

        For LATE after it was done a portal is looked at again: what was on its way then has been written since.
        """
        async with self._engine.connect() as conn:
            statement = sql(
                "SELECT portal_id, asked_at, member_id, done_at FROM purges "
                "WHERE done_at IS NULL OR done_at > now() - CAST(:late AS interval)"
            )
            asked = (await conn.execute(statement, {"late": LATE})).all()
        for row in asked:
            deleted = {
                table: await self._delete(table, condition, row.portal_id, row.member_id)
                for table, condition in self._conditions.items()
            }
            if row.done_at:
                if any(deleted.values()):
                    log.info("purged what came late", portal_id=str(row.portal_id), deleted=deleted)
                continue
            await self._report(row.portal_id, row.asked_at, deleted)
            async with self._engine.begin() as conn:
                await conn.execute(
                    sql("UPDATE purges SET done_at = now() WHERE portal_id = :portal_id AND asked_at = :asked_at"),
                    {"portal_id": row.portal_id, "asked_at": row.asked_at},
                )
            log.info("portal purged", portal_id=str(row.portal_id), deleted=deleted)

    async def _delete(self, table: str, condition: str, portal_id: UUID, member_id: str) -> int:
        # Of partitioned tables a row is named by its partition and its place.
        statement = sql(
            f"DELETE FROM {table} WHERE (tableoid, ctid) IN "  # noqa: S608 - our own names
            f"(SELECT tableoid, ctid FROM {table} WHERE {condition} LIMIT {CHUNK})"
        )
        wanted = {"portal_id": portal_id, "member_id": member_id}
        given = {name: value for name, value in wanted.items() if f":{name}" in condition}
        total = 0
        while True:
            async with self._engine.begin() as conn:
                gone = (await conn.execute(statement, given)).rowcount
            total += gone
            if gone < CHUNK:
                return total
