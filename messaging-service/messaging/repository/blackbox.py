"""Statements on the blackbox as a whole: its settings, and what it takes on disk."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from kit import ids
from kit.db import sql
from messaging.blackbox import BlackboxSettings, Partition, Share, Source

TABLE = "bitrix_inbound_events"
SIZE = "pg_column_size(body) + pg_column_size(headers) + 400"
"""About what a row takes, without fetching what is stored out of line; 400: the other columns and the index."""


async def settings(conn: AsyncConnection) -> BlackboxSettings:
    """Return the settings; the defaults where nobody has changed them."""
    row = (
        await conn.execute(
            sql("""
                SELECT retention_days, max_rows, max_body_kb, enabled, auto_prune_on_write, target_budget_mb
                FROM blackbox_settings
            """)
        )
    ).first()
    return BlackboxSettings(**row._asdict()) if row else BlackboxSettings()


async def save_settings(conn: AsyncConnection, new: BlackboxSettings) -> None:
    """Store the settings."""
    await conn.execute(
        sql("""
            INSERT INTO blackbox_settings (retention_days, max_rows, max_body_kb, enabled, auto_prune_on_write,
                                           target_budget_mb)
            VALUES (:retention_days, :max_rows, :max_body_kb, :enabled, :auto_prune_on_write, :target_budget_mb)
            ON CONFLICT (is_only) DO UPDATE
            SET retention_days = excluded.retention_days, max_rows = excluded.max_rows,
                max_body_kb = excluded.max_body_kb, enabled = excluded.enabled,
                auto_prune_on_write = excluded.auto_prune_on_write, target_budget_mb = excluded.target_budget_mb
        """),
        vars(new),
    )


async def partitions(conn: AsyncConnection) -> list[Partition]:
    """Return the parts of the blackbox with what each takes on disk, oldest first, the nameless one last."""
    rows = await conn.execute(
        sql("""
            SELECT CAST(c.oid AS bigint) AS oid, c.relname AS name,
                   coalesce(pg_total_relation_size(c.oid), 0) AS total,
                   coalesce(pg_indexes_size(c.oid), 0) AS indexes,
                   coalesce(pg_total_relation_size(nullif(c.reltoastrelid, 0)), 0) AS toast
            FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
            WHERE i.inhparent = CAST(:name AS regclass) ORDER BY c.relname
        """),
        {"name": TABLE},
    )
    return [
        Partition(
            oid=row.oid,
            name=row.name,
            day=_day(row.name),
            total=row.total,
            table=row.total - row.indexes - row.toast,
            indexes=row.indexes,
            toast=row.toast,
        )
        for row in rows
    ]


async def count(conn: AsyncConnection, at_most: int) -> int:
    """Return how many rows there are, counted no further than `at_most`."""
    counted: int = await conn.scalar(
        sql(f"SELECT count(*) FROM (SELECT FROM {TABLE} LIMIT :at_most) AS counted"),  # noqa: S608 - our own name
        {"at_most": at_most},
    )
    return counted


async def shares(conn: AsyncConnection, since: datetime | None = None) -> list[Share]:
    """Return what each portal has in each partition, from a moment on. Reads every row but no body."""
    rows = await conn.execute(
        sql(f"""
            SELECT portal_id, CAST(tableoid AS bigint) AS oid, count(*) AS rows, sum({SIZE}) AS size
            FROM {TABLE} WHERE id >= :first GROUP BY 1, 2
        """),  # noqa: S608 - our own names
        {"first": ids.floor_of(since) if since else ids.NIL},
    )
    return [Share(row.portal_id, row.oid, row.rows, int(row.size)) for row in rows]


async def ends(conn: AsyncConnection) -> tuple[datetime | None, datetime | None]:
    """Return the moments of the oldest and the newest row."""
    found: list[datetime | None] = []
    for order in ("ASC", "DESC"):
        first: UUID | None = await conn.scalar(
            sql(f"SELECT id FROM {TABLE} ORDER BY id {order} LIMIT 1")  # noqa: S608 - our own names
        )
        found.append(ids.time_of(first) if first else None)
    return found[0], found[1]


async def sources(conn: AsyncConnection, since: datetime, limit: int) -> list[Source]:
    """Return from where most requests came that were refused since a moment."""
    rows = await conn.execute(
        sql(f"""
            SELECT remote_ip, count(*) AS events, max(received_at) AS last_at FROM {TABLE}
            WHERE portal_id = :nobody AND id >= :first AND outcome = 'refused'
            GROUP BY remote_ip ORDER BY events DESC, remote_ip LIMIT :limit
        """),  # noqa: S608 - our own name
        {"nobody": ids.NIL, "first": ids.floor_of(since), "limit": limit},
    )
    return [Source(row.remote_ip, row.events, row.last_at) for row in rows]


def _day(name: Any) -> datetime | None:
    stamp = str(name).rpartition("_")[2]
    return datetime.strptime(stamp, "%Y%m%d").replace(tzinfo=UTC) if stamp.isdigit() else None
