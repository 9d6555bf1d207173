"""Statements on reservations and the counters they change."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from billing.domain import REPLIES, Reservation, Room, Subscription
from billing.periods import Period
from kit.db import sql

Starts = Mapping[UUID, Period]
"""Of each portal the period in which is counted now."""


async def take(
    conn: AsyncConnection,
    wanted: Sequence[Reservation],
    metric: str,
    units: int,
    of: Mapping[UUID, Subscription],
    periods: Starts,
    expires_at: datetime,
) -> set[UUID]:
    """Set new keys aside where a portal's counter has room for all of its own; returns those that were.

    One statement for what nearly always is so. Whatever it leaves (a repeated key, a month without a counter,
    a limit that is near, a subscription that was changed since it was read) is left as it was. Only here are
    counters locked before keys are written: another's key is waited for only where the same call was made a
    moment before, and found no room.
    """
    rows = await conn.scalars(
        sql("""
            WITH wanted AS (
                SELECT * FROM unnest(
                    CAST(:portal_ids AS uuid[]), CAST(:keys AS uuid[]), CAST(:starts AS timestamptz[]),
                    CAST(:channels AS text[]), CAST(:limits AS bigint[]), CAST(:row_versions AS text[])
                ) AS one (portal_id, key, period_start, channel, most, row_version)
            ), asked AS (
                SELECT portal_id, period_start, most, row_version, count(*) * CAST(:units AS bigint) AS units
                FROM wanted GROUP BY 1, 2, 3, 4
            ), roomy AS (
                SELECT c.portal_id, c.period_start FROM usage_counters AS c
                JOIN asked USING (portal_id, period_start)
                JOIN portal_billing AS b USING (portal_id)
                WHERE c.metric = :metric AND CAST(b.xmin AS text) = asked.row_version
                  AND (asked.most IS NULL OR c.used + c.reserved + asked.units <= asked.most)
                ORDER BY c.portal_id FOR UPDATE OF c
            ), taken AS (
                INSERT INTO reservations (portal_id, key, metric, units, state, period_start, expires_at, channel)
                SELECT portal_id, key, :metric, :units, 'reserved', period_start, CAST(:expires_at AS timestamptz),
                       channel
                FROM wanted JOIN roomy USING (portal_id, period_start)
                ON CONFLICT (portal_id, key) DO NOTHING
                RETURNING portal_id, key, period_start
            ), added AS (
                UPDATE usage_counters AS c SET reserved = c.reserved + one.units
                FROM (
                    SELECT portal_id, period_start, count(*) * CAST(:units AS bigint) AS units
                    FROM taken GROUP BY 1, 2
                ) AS one
                WHERE c.portal_id = one.portal_id AND c.period_start = one.period_start AND c.metric = :metric
            )
            SELECT key FROM taken
        """),
        {
            "metric": metric,
            "units": units,
            "expires_at": expires_at,
            "portal_ids": [item.portal_id for item in wanted],
            "keys": [item.key for item in wanted],
            "starts": [periods[item.portal_id].start for item in wanted],
            "channels": [item.channel for item in wanted],
            "limits": [of[item.portal_id].hard_limit(metric) for item in wanted],
            "row_versions": [of[item.portal_id].row_version for item in wanted],
        },
    )
    return set(rows.all())


async def open_reservations(
    conn: AsyncConnection,
    wanted: Sequence[Reservation],
    metric: str,
    units: int,
    periods: Starts,
    expires_at: datetime,
) -> set[UUID]:
    """Set keys aside; returns those that are new or were given back. Any other key is left as it is."""
    rows = await conn.scalars(
        sql("""
            INSERT INTO reservations (portal_id, key, metric, units, state, period_start, expires_at, channel)
            SELECT DISTINCT ON (portal_id, key) portal_id, key, :metric, :units, 'reserved', period_start,
                   CAST(:expires_at AS timestamptz), channel
            FROM unnest(CAST(:portal_ids AS uuid[]), CAST(:keys AS uuid[]), CAST(:starts AS timestamptz[]),
                        CAST(:channels AS text[])) AS wanted (portal_id, key, period_start, channel)
            ORDER BY portal_id, key
            ON CONFLICT (portal_id, key) DO UPDATE
            SET state = 'reserved', metric = excluded.metric, units = excluded.units,
                period_start = excluded.period_start, expires_at = excluded.expires_at
            WHERE reservations.state = 'released'
            RETURNING key
        """),
        {
            "metric": metric,
            "units": units,
            "expires_at": expires_at,
            "portal_ids": [item.portal_id for item in wanted],
            "keys": [item.key for item in wanted],
            "starts": [periods[item.portal_id].start for item in wanted],
            "channels": [item.channel for item in wanted],
        },
    )
    return set(rows.all())


async def denied(conn: AsyncConnection, wanted: Sequence[Reservation]) -> dict[UUID, str]:
    """Return by what each key that was denied before was denied."""
    rows = await conn.execute(
        sql("""
            SELECT key, denied_by FROM reservations
            JOIN unnest(CAST(:portal_ids AS uuid[]), CAST(:keys AS uuid[])) AS wanted (portal_id, key)
            USING (portal_id, key)
            WHERE state = 'denied'
        """),
        {"portal_ids": [item.portal_id for item in wanted], "keys": [item.key for item in wanted]},
    )
    return {row.key: row.denied_by for row in rows}


async def lock_rooms(
    conn: AsyncConnection, limits: Mapping[UUID, int | None], metric: str, periods: Starts
) -> dict[UUID, Room]:
    """Lock the counters of portals, in the order of their ids, and return what they have left."""
    portal_ids = sorted(limits)
    given = {
        "metric": metric,
        "portal_ids": portal_ids,
        "starts": [periods[portal_id].start for portal_id in portal_ids],
    }
    await conn.execute(
        sql("""
            INSERT INTO usage_counters (portal_id, metric, period_start)
            SELECT id, :metric, period_start
            FROM unnest(CAST(:portal_ids AS uuid[]), CAST(:starts AS timestamptz[])) AS one (id, period_start)
            ORDER BY id
            ON CONFLICT DO NOTHING
        """),
        given,
    )
    rows = await conn.execute(
        sql("""
            SELECT counter.portal_id, counter.used, counter.reserved
            FROM usage_counters AS counter
            JOIN unnest(CAST(:portal_ids AS uuid[]), CAST(:starts AS timestamptz[])) AS one (id, period_start)
              ON counter.portal_id = one.id AND counter.period_start = one.period_start
            WHERE counter.metric = :metric
            ORDER BY counter.portal_id
            FOR UPDATE OF counter
        """),
        given,
    )
    return {row.portal_id: Room(row.used, row.reserved, limits[row.portal_id]) for row in rows}


async def add_reserved(conn: AsyncConnection, units: Mapping[UUID, int], metric: str, periods: Starts) -> None:
    """Add to what portals have set aside."""
    await conn.execute(
        sql("""
            UPDATE usage_counters AS counter SET reserved = counter.reserved + added.units
            FROM unnest(CAST(:portal_ids AS uuid[]), CAST(:starts AS timestamptz[]), CAST(:units AS bigint[]))
              AS added (portal_id, period_start, units)
            WHERE counter.portal_id = added.portal_id AND counter.period_start = added.period_start
              AND counter.metric = :metric
        """),
        {
            "metric": metric,
            "portal_ids": list(units),
            "starts": [periods[portal_id].start for portal_id in units],
            "units": list(units.values()),
        },
    )


async def deny(conn: AsyncConnection, refused: Sequence[Reservation], by: Sequence[str]) -> None:
    """Mark keys as denied, each by what, so that a repeated question gets the same answer."""
    await conn.execute(
        sql("""
            UPDATE reservations AS r SET state = 'denied', denied_by = denied.by
            FROM unnest(CAST(:portal_ids AS uuid[]), CAST(:keys AS uuid[]), CAST(:by AS text[]))
              AS denied (portal_id, key, by)
            WHERE r.portal_id = denied.portal_id AND r.key = denied.key
        """),
        {
            "portal_ids": [item.portal_id for item in refused],
            "keys": [item.key for item in refused],
            "by": list(by),
        },
    )


async def settle(
    conn: AsyncConnection, turns: Sequence[tuple[Reservation, str]], now: datetime
) -> set[tuple[UUID, str]]:
    """Turn reserved keys into `counted` (with a usage event and counters) or `released`.

    Returns the keys of replies that this call turned, and into what. Reservations, then counters, are locked in
    one order for all callers: those of replies before those of tokens, as Reserve does.
    """
    rows = await conn.execute(
        sql("""
            WITH mine AS (
                SELECT r.portal_id, r.key, done.state FROM reservations AS r
                JOIN unnest(CAST(:portal_ids AS uuid[]), CAST(:keys AS uuid[]), CAST(:states AS text[]))
                  AS done (portal_id, key, state)
                USING (portal_id, key)
                WHERE r.state = 'reserved'
                ORDER BY r.metric DESC, r.portal_id, r.key
                FOR UPDATE OF r
            ), settled AS (
                UPDATE reservations AS r SET state = mine.state
                FROM mine WHERE r.portal_id = mine.portal_id AND r.key = mine.key
                RETURNING r.portal_id, r.key, r.metric, r.units, r.period_start, r.channel, r.state
            ), counted AS (
                INSERT INTO usage_events (portal_id, id, metric, units, period_start, channel, created_at)
                SELECT portal_id, key, metric, units, period_start, channel, :now
                FROM settled WHERE state = 'counted'
            ), locked AS (
                SELECT c.portal_id, c.metric, c.period_start, s.units, s.counted
                FROM usage_counters AS c
                JOIN (
                    SELECT portal_id, metric, period_start, sum(units) AS units,
                           coalesce(sum(units) FILTER (WHERE state = 'counted'), 0) AS counted
                    FROM settled GROUP BY 1, 2, 3
                ) AS s USING (portal_id, metric, period_start)
                ORDER BY c.metric DESC, c.portal_id, c.period_start
                FOR UPDATE OF c
            ), changed AS (
                UPDATE usage_counters AS c
                SET reserved = c.reserved - locked.units, used = c.used + locked.counted,
                    is_fresh = c.is_fresh OR locked.counted > 0
                FROM locked
                WHERE (c.portal_id, c.metric, c.period_start)
                    = (locked.portal_id, locked.metric, locked.period_start)
            ), of_day AS (
                INSERT INTO usage_days AS d (portal_id, metric, day, units)
                SELECT portal_id, metric, CAST(CAST(:now AS timestamptz) AT TIME ZONE 'UTC' AS date), sum(counted)
                FROM locked WHERE counted > 0 GROUP BY portal_id, metric ORDER BY portal_id, metric
                ON CONFLICT (portal_id, metric, day) DO UPDATE SET units = d.units + excluded.units
            )
            SELECT key, state FROM settled WHERE metric = :replies
        """),
        {
            "now": now,
            "replies": REPLIES,
            "states": [state for _, state in turns],
            "portal_ids": [item.portal_id for item, _ in turns],
            "keys": [item.key for item, _ in turns],
        },
    )
    return {(row.key, row.state) for row in rows}


async def expired(conn: AsyncConnection, now: datetime, limit: int) -> list[Reservation]:
    """Return reservations whose time is over."""
    rows = await conn.execute(
        sql("SELECT portal_id, key FROM reservations WHERE state = 'reserved' AND expires_at < :now LIMIT :n"),
        {"now": now, "n": limit},
    )
    return [Reservation(row.portal_id, row.key) for row in rows]


async def prune(conn: AsyncConnection, older_than: UUID) -> int:
    """Forget settled reservations whose keys were made before that one: nobody repeats them any more.

    Each portal's are found by its primary key, oldest first, so that a round costs what it deletes.
    """
    result = await conn.execute(
        sql("""
            DELETE FROM reservations AS r USING (
                SELECT old.portal_id, old.key
                FROM portal_billing AS one
                CROSS JOIN LATERAL (
                    SELECT portal_id, key FROM reservations
                    WHERE portal_id = one.portal_id AND key < :older_than AND state <> 'reserved'
                    ORDER BY key LIMIT 1000
                ) AS old
            ) AS old
            WHERE r.portal_id = old.portal_id AND r.key = old.key
        """),
        {"older_than": older_than},
    )
    return result.rowcount
