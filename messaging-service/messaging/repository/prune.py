"""Statements that take rows out of the blackbox, and give their room back."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from kit import ids
from kit.db import sql
from kit.partitions import BATCH
from messaging.repository.blackbox import SIZE, TABLE

_END = UUID(int=(1 << 128) - 1)


async def delete_before(conn: AsyncConnection, partition: str, moment: datetime) -> int:
    """Delete a batch of a partition's rows from before a moment; returns how many."""
    deleted = await conn.execute(
        sql(f"""
            DELETE FROM {partition} WHERE ctid = ANY(ARRAY(
                SELECT ctid FROM {partition} WHERE id < :end LIMIT {BATCH} FOR UPDATE SKIP LOCKED))
        """),  # noqa: S608 - our own names
        {"end": ids.floor_of(moment)},
    )
    return deleted.rowcount


async def counted_before(conn: AsyncConnection, moment: datetime | None) -> tuple[int, int]:
    """Return how many rows are from before a moment (None: all), and about what they take."""
    row = (
        await conn.execute(
            sql(f"SELECT count(*) AS rows, coalesce(sum({SIZE}), 0) AS size FROM {TABLE} WHERE id < :end"),  # noqa: S608 - our own names
            {"end": ids.floor_of(moment) if moment else _END},
        )
    ).one()
    return row.rows, int(row.size)


async def last_to_go(conn: AsyncConnection, portal_id: UUID, rows: int, size: int) -> UUID | None:
    """Return the newest of a portal's rows that is beyond what it may keep."""
    found: UUID | None = await conn.scalar(
        sql(f"""
            SELECT id FROM (
                SELECT id, row_number() OVER newest AS place, sum(size) OVER newest AS total
                FROM (SELECT id, {SIZE} AS size FROM {TABLE} WHERE portal_id = :portal_id) AS sized
                WINDOW newest AS (ORDER BY id DESC)
            ) AS ranked
            WHERE place > :rows OR total > :size ORDER BY id DESC LIMIT 1
        """),  # noqa: S608 - our own names
        {"portal_id": portal_id, "rows": rows, "size": size},
    )
    return found


async def delete_to(conn: AsyncConnection, portal_id: UUID, last: UUID) -> int:
    """Delete a batch of a portal's oldest rows, up to one; returns how many."""
    deleted = await conn.execute(
        sql(f"""
            WITH old AS (
                SELECT id FROM {TABLE} WHERE portal_id = :portal_id AND id <= :last
                ORDER BY id LIMIT {BATCH} FOR UPDATE SKIP LOCKED
            )
            DELETE FROM {TABLE} AS t USING old WHERE t.portal_id = :portal_id AND t.id = old.id
        """),  # noqa: S608 - our own names
        {"portal_id": portal_id, "last": last},
    )
    return deleted.rowcount


async def reuse(conn: AsyncConnection, partition: str) -> None:
    """Make room of deleted rows fit for new ones; nobody waits. Outside of transactions."""
    await conn.execute(sql(f"VACUUM (SKIP_LOCKED) {partition}"))


async def compact(conn: AsyncConnection, partition: str) -> None:
    """Write a partition anew, so that deleted rows take nothing. Outside of transactions. Raises if in use."""
    await conn.execute(sql("SET lock_timeout = '100ms'"))
    try:
        await conn.execute(sql(f"VACUUM FULL {partition}"))
    finally:
        await conn.execute(sql("RESET lock_timeout"))


async def delete_keys(conn: AsyncConnection, moment: datetime) -> int:
    """Delete a batch of keys of events from before a moment; returns how many."""
    deleted = await conn.execute(
        sql(f"""
            DELETE FROM inbox_keys WHERE ctid = ANY(ARRAY(
                SELECT ctid FROM inbox_keys WHERE id < :end LIMIT {BATCH} FOR UPDATE SKIP LOCKED))
        """),  # noqa: S608 - our own number
        {"end": ids.floor_of(moment)},
    )
    return deleted.rowcount


async def try_lock(conn: AsyncConnection) -> bool:
    """Hold what only one pruner holds, until `unlock` or the connection's end."""
    return bool(await conn.scalar(sql("SELECT pg_try_advisory_lock(hashtext('messaging.prune'))")))


async def unlock(conn: AsyncConnection) -> None:
    """Let go of it."""
    await conn.execute(sql("SELECT pg_advisory_unlock(hashtext('messaging.prune'))"))
