"""Statements on what was used: counters, calls of models, days and the events they are counted from."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from billing.domain import COST, TOKENS, ModelUse
from billing.periods import Period
from billing.repository.quota import Starts
from kit.db import sql


async def record_model_uses(
    conn: AsyncConnection,
    uses: Sequence[ModelUse],
    costs: Mapping[UUID, tuple[int, str]],
    periods: Starts,
    now: datetime,
) -> int:
    """Store calls of models and count their tokens and costs; returns how many are new.

    `costs`: by id, of those that have a price: (micro, currency). Counters are locked in one order.
    """
    result = await conn.execute(
        sql("""
            WITH new AS (
                INSERT INTO model_uses (portal_id, id, model, prompt_tokens, completion_tokens, message_id,
                                        period_start, created_at, cost_micro, currency)
                SELECT portal_id, id, model, prompt, completion, message_id, period_start, :now, cost, currency
                FROM unnest(
                    CAST(:portal_ids AS uuid[]), CAST(:ids AS uuid[]), CAST(:models AS text[]),
                    CAST(:prompts AS bigint[]), CAST(:completions AS bigint[]), CAST(:message_ids AS uuid[]),
                    CAST(:starts AS timestamptz[]), CAST(:costs AS bigint[]), CAST(:currencies AS text[])
                ) AS use (portal_id, id, model, prompt, completion, message_id, period_start, cost, currency)
                ORDER BY portal_id, id
                ON CONFLICT DO NOTHING
                RETURNING portal_id, period_start, prompt_tokens + completion_tokens AS tokens, cost_micro
            ), counted AS (
                INSERT INTO usage_counters AS c (portal_id, metric, period_start, used)
                SELECT portal_id, :tokens, period_start, sum(tokens) FROM new
                GROUP BY portal_id, period_start ORDER BY portal_id
                ON CONFLICT (portal_id, metric, period_start) DO UPDATE
                SET used = c.used + excluded.used, is_fresh = true
            ), of_day AS (
                INSERT INTO usage_days AS d (portal_id, metric, day, units)
                SELECT portal_id, metric, CAST(CAST(:now AS timestamptz) AT TIME ZONE 'UTC' AS date), sum(units)
                FROM (
                    SELECT portal_id, :tokens AS metric, tokens AS units FROM new
                    UNION ALL SELECT portal_id, :cost, cost_micro FROM new WHERE cost_micro > 0
                ) AS one
                GROUP BY portal_id, metric ORDER BY portal_id, metric
                ON CONFLICT (portal_id, metric, day) DO UPDATE SET units = d.units + excluded.units
            )
            SELECT count(*) FROM new
        """),
        {
            "tokens": TOKENS,
            "cost": COST,
            "now": now,
            "portal_ids": [use.portal_id for use in uses],
            "ids": [use.id for use in uses],
            "models": [use.model for use in uses],
            "prompts": [use.prompt_tokens for use in uses],
            "completions": [use.completion_tokens for use in uses],
            "message_ids": [use.message_id for use in uses],
            "starts": [periods[use.portal_id].start for use in uses],
            "costs": [costs[use.id][0] if use.id in costs else None for use in uses],
            "currencies": [costs[use.id][1] if use.id in costs else "" for use in uses],
        },
    )
    return int(result.scalar_one())


async def set_kept(
    conn: AsyncConnection, portal_id: UUID, kept: Mapping[str, int], period_start: datetime
) -> None:
    """Have a portal's counters of what it keeps say so."""
    await conn.execute(
        sql("""
            INSERT INTO usage_counters AS c (portal_id, metric, period_start, used)
            SELECT :portal_id, name, :period_start, value
            FROM unnest(CAST(:names AS text[]), CAST(:values AS bigint[])) AS kept (name, value)
            ORDER BY name
            ON CONFLICT (portal_id, metric, period_start) DO UPDATE SET used = excluded.used, is_fresh = true
            WHERE c.used <> excluded.used
        """),
        {
            "portal_id": portal_id,
            "period_start": period_start,
            "names": list(kept),
            "values": list(kept.values()),
        },
    )


async def counters(conn: AsyncConnection, periods: Starts) -> dict[UUID, dict[str, tuple[int, int]]]:
    """Return per portal and metric what was used and what is set aside in a period."""
    rows = await conn.execute(
        sql("""
            SELECT c.portal_id, c.metric, c.used, c.reserved FROM usage_counters AS c
            JOIN unnest(CAST(:portal_ids AS uuid[]), CAST(:starts AS timestamptz[])) AS one (id, period_start)
              ON c.portal_id = one.id AND c.period_start = one.period_start
        """),
        {"portal_ids": list(periods), "starts": [period.start for period in periods.values()]},
    )
    found: dict[UUID, dict[str, tuple[int, int]]] = {portal_id: {} for portal_id in periods}
    for row in rows:
        found[row.portal_id][row.metric] = (row.used, row.reserved)
    return found


async def days(conn: AsyncConnection, portal_id: UUID, since: date, until: date) -> list[tuple[date, str, int]]:
    """Return what a portal used by day and metric, the last day included."""
    rows = await conn.execute(
        sql("""
            SELECT day, metric, units FROM usage_days
            WHERE portal_id = :portal_id AND day BETWEEN :since AND :until ORDER BY day, metric
        """),
        {"portal_id": portal_id, "since": since, "until": until},
    )
    return [(row.day, row.metric, row.units) for row in rows]


async def events(conn: AsyncConnection, portal_id: UUID, before: UUID, since: UUID, limit: int) -> list[Any]:
    """Return counted units of a portal, the newest first: id, portal_id, metric, units, channel, created_at."""
    rows = await conn.execute(
        sql("""
            SELECT id, portal_id, metric, units, channel, created_at FROM usage_events
            WHERE portal_id = :portal_id AND id < :before AND id >= :since ORDER BY id DESC LIMIT :limit
        """),
        {"portal_id": portal_id, "before": before, "since": since, "limit": limit},
    )
    return list(rows.all())


async def export(
    conn: AsyncConnection, portal_id: UUID | None, since: datetime, until: datetime | None, page: int
) -> AsyncIterator[Sequence[Any]]:
    """Yield all counted units of a time in pages, read through a cursor of the server: memory stays the same."""
    result = await conn.stream(
        sql("""
            SELECT id, portal_id, metric, units, channel, created_at FROM usage_events
            WHERE (CAST(:portal_id AS uuid) IS NULL OR portal_id = :portal_id)
              AND created_at >= :since
              AND (CAST(:until AS timestamptz) IS NULL OR created_at < :until)
        """).execution_options(yield_per=page),
        {"portal_id": portal_id, "since": since, "until": until},
    )
    async for rows in result.partitions(page):
        yield rows


async def model_uses(
    conn: AsyncConnection, portal_id: UUID, message_id: UUID, since: UUID, until: UUID
) -> list[Any]:
    """Return calls of models for a message, of those whose ids were made in a time, the first one first."""
    rows = await conn.execute(
        sql("""
            SELECT * FROM model_uses
            WHERE portal_id = :portal_id AND id >= :since AND id < :until AND message_id = :message_id ORDER BY id
        """),
        {"portal_id": portal_id, "message_id": message_id, "since": since, "until": until},
    )
    return list(rows.all())


async def cost(conn: AsyncConnection, portal_id: UUID, period: Period) -> tuple[int, int]:
    """Return what models cost a portal in a period (micro), and how many of their calls had no price."""
    found = await conn.execute(
        sql("""
            SELECT coalesce(sum(cost_micro), 0) AS cost, count(*) FILTER (WHERE cost_micro IS NULL) AS unpriced
            FROM model_uses
            WHERE portal_id = :portal_id AND period_start = :start
        """),
        {"portal_id": portal_id, "start": period.start},
    )
    row = found.one()
    return int(row.cost), int(row.unpriced)
