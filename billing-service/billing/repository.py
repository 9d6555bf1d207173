"""Every SQL statement of this context: one function, one statement; none begins or commits."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from billing.domain import ModelUse, Plan, Reservation, Room
from billing.tables import billing_plans, plan_versions, portal_billing


async def create_plan_if_absent(conn: AsyncConnection, plan: Plan, now: datetime) -> bool:
    """Create a plan unless its code exists. Returns whether it is new."""
    statement = insert(billing_plans).values(code=plan.code, current_version=plan.version, created_at=now)
    return (await conn.execute(statement.on_conflict_do_nothing())).rowcount == 1


async def add_version(conn: AsyncConnection, plan: Plan, now: datetime) -> None:
    """Store an immutable version of a plan."""
    await conn.execute(
        insert(plan_versions).values(
            plan_code=plan.code,
            version=plan.version,
            name_ru=plan.name_ru,
            name_en=plan.name_en,
            price_minor=plan.price_minor,
            currency=plan.currency,
            limits=dict(plan.limits),
            created_at=now,
        )
    )


async def plans(conn: AsyncConnection) -> list[Plan]:
    """Return every plan in its current version, by code."""
    statement = (
        select(plan_versions)
        .join(
            billing_plans,
            (billing_plans.c.code == plan_versions.c.plan_code)
            & (billing_plans.c.current_version == plan_versions.c.version),
        )
        .order_by(plan_versions.c.plan_code)
    )
    return [
        Plan(row.plan_code, row.version, row.name_ru, row.name_en, row.price_minor, row.currency, row.limits)
        for row in await conn.execute(statement)
    ]


async def plan_codes(conn: AsyncConnection, portal_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return the plan of each portal that is on one."""
    statement = select(portal_billing.c.portal_id, portal_billing.c.plan_code).where(
        portal_billing.c.portal_id.in_(portal_ids)
    )
    return {row.portal_id: row.plan_code for row in await conn.execute(statement)}


async def put_on_default_plan(conn: AsyncConnection, portal_ids: Sequence[UUID], plan_code: str) -> None:
    """Give portals that have no plan yet the current version of a plan."""
    await conn.execute(
        text("""
            INSERT INTO portal_billing (portal_id, plan_code, plan_version)
            SELECT id, plan.code, plan.current_version
            FROM unnest(CAST(:portal_ids AS uuid[])) AS id, billing_plans AS plan
            WHERE plan.code = :plan_code
            ORDER BY id
            ON CONFLICT DO NOTHING
        """),
        {"portal_ids": list(portal_ids), "plan_code": plan_code},
    )


async def open_reservations(
    conn: AsyncConnection,
    wanted: Sequence[Reservation],
    metric: str,
    period_start: datetime,
    expires_at: datetime,
) -> set[UUID]:
    """Set keys aside; returns those that are new or were given back. Any other key is left as it is."""
    rows = await conn.scalars(
        text("""
            INSERT INTO reservations (portal_id, key, metric, state, period_start, expires_at)
            SELECT DISTINCT portal_id, key, :metric, 'reserved', CAST(:period_start AS timestamptz),
                   CAST(:expires_at AS timestamptz)
            FROM unnest(CAST(:portal_ids AS uuid[]), CAST(:keys AS uuid[])) AS wanted (portal_id, key)
            ORDER BY portal_id, key
            ON CONFLICT (portal_id, key) DO UPDATE
            SET state = 'reserved', metric = excluded.metric, period_start = excluded.period_start,
                expires_at = excluded.expires_at
            WHERE reservations.state = 'released'
            RETURNING key
        """),
        {
            "metric": metric,
            "period_start": period_start,
            "expires_at": expires_at,
            "portal_ids": [item.portal_id for item in wanted],
            "keys": [item.key for item in wanted],
        },
    )
    return set(rows.all())


async def states(conn: AsyncConnection, wanted: Sequence[Reservation]) -> dict[UUID, str]:
    """Return the state of each key that is known."""
    rows = await conn.execute(
        text("""
            SELECT key, state FROM reservations
            JOIN unnest(CAST(:portal_ids AS uuid[]), CAST(:keys AS uuid[])) AS wanted (portal_id, key)
            USING (portal_id, key)
        """),
        {"portal_ids": [item.portal_id for item in wanted], "keys": [item.key for item in wanted]},
    )
    return {row.key: row.state for row in rows}


async def lock_rooms(
    conn: AsyncConnection, portal_ids: Sequence[UUID], metric: str, period_start: datetime
) -> dict[UUID, Room]:
    """Lock the counters of portals, in the order of their ids, and return what they have left."""
    await conn.execute(
        text("""
            INSERT INTO usage_counters (portal_id, metric, period_start)
            SELECT id, :metric, :period_start FROM unnest(CAST(:portal_ids AS uuid[])) AS id ORDER BY id
            ON CONFLICT DO NOTHING
        """),
        {"metric": metric, "period_start": period_start, "portal_ids": list(portal_ids)},
    )
    rows = await conn.execute(
        text("""
            SELECT counter.portal_id, counter.used, counter.reserved,
                   CAST(version.limits ->> :metric AS bigint) AS most
            FROM usage_counters AS counter
            JOIN portal_billing AS mine USING (portal_id)
            JOIN plan_versions AS version
              ON version.plan_code = mine.plan_code AND version.version = mine.plan_version
            WHERE counter.portal_id = ANY(CAST(:portal_ids AS uuid[]))
              AND counter.metric = :metric AND counter.period_start = :period_start
            ORDER BY counter.portal_id
            FOR UPDATE OF counter
        """),
        {"metric": metric, "period_start": period_start, "portal_ids": list(portal_ids)},
    )
    return {row.portal_id: Room(row.used, row.reserved, row.most) for row in rows}


async def add_reserved(conn: AsyncConnection, units: dict[UUID, int], metric: str, period_start: datetime) -> None:
    """Add to what portals have set aside."""
    await conn.execute(
        text("""
            UPDATE usage_counters AS counter SET reserved = counter.reserved + added.units
            FROM unnest(CAST(:portal_ids AS uuid[]), CAST(:units AS bigint[])) AS added (portal_id, units)
            WHERE counter.portal_id = added.portal_id
              AND counter.metric = :metric AND counter.period_start = :period_start
        """),
        {
            "metric": metric,
            "period_start": period_start,
            "portal_ids": list(units),
            "units": list(units.values()),
        },
    )


async def deny(conn: AsyncConnection, denied: Sequence[Reservation]) -> None:
    """Mark keys as denied, so that a repeated question gets the same answer."""
    await conn.execute(
        text("""
            UPDATE reservations AS r SET state = 'denied'
            FROM unnest(CAST(:portal_ids AS uuid[]), CAST(:keys AS uuid[])) AS denied (portal_id, key)
            WHERE r.portal_id = denied.portal_id AND r.key = denied.key
        """),
        {"portal_ids": [item.portal_id for item in denied], "keys": [item.key for item in denied]},
    )


async def settle(conn: AsyncConnection, keys: Sequence[Reservation], state: str) -> int:
    """Turn reserved keys into `counted` (with a usage event and counter) or `released`.

    Returns how many this call turned. Reservations, then counters, are locked in one order for all callers.
    """
    result = await conn.execute(
        text("""
            WITH mine AS (
                SELECT r.portal_id, r.key FROM reservations AS r
                JOIN unnest(CAST(:portal_ids AS uuid[]), CAST(:keys AS uuid[])) AS done (portal_id, key)
                USING (portal_id, key)
                WHERE r.state = 'reserved'
                ORDER BY r.portal_id, r.key
                FOR UPDATE OF r
            ), settled AS (
                UPDATE reservations AS r SET state = :state
                FROM mine WHERE r.portal_id = mine.portal_id AND r.key = mine.key
                RETURNING r.portal_id, r.key, r.metric, r.period_start
            ), counted AS (
                INSERT INTO usage_events (portal_id, id, metric, units, period_start)
                SELECT portal_id, key, metric, 1, period_start FROM settled WHERE :state = 'counted'
            ), locked AS (
                SELECT c.portal_id, c.metric, c.period_start, s.units
                FROM usage_counters AS c
                JOIN (SELECT portal_id, metric, period_start, count(*) AS units FROM settled GROUP BY 1, 2, 3) AS s
                USING (portal_id, metric, period_start)
                ORDER BY c.portal_id
                FOR UPDATE OF c
            ), changed AS (
                UPDATE usage_counters AS c
                SET reserved = c.reserved - locked.units,
                    used = c.used + CASE WHEN :state = 'counted' THEN locked.units ELSE 0 END
                FROM locked
                WHERE (c.portal_id, c.metric, c.period_start)
                    = (locked.portal_id, locked.metric, locked.period_start)
            )
            SELECT count(*) AS turned FROM settled
        """),
        {
            "state": state,
            "portal_ids": [item.portal_id for item in keys],
            "keys": [item.key for item in keys],
        },
    )
    return int(result.scalar_one())


async def record_model_uses(
    conn: AsyncConnection, uses: Sequence[ModelUse], metric: str, period_start: datetime, now: datetime
) -> int:
    """Store calls of models and count their tokens; returns how many are new. Counters are locked in one order."""
    result = await conn.execute(
        text("""
            WITH new AS (
                INSERT INTO model_uses (portal_id, id, model, prompt_tokens, completion_tokens, message_id,
                                        period_start, created_at)
                SELECT portal_id, id, model, prompt, completion, message_id, :period_start, :now
                FROM unnest(
                    CAST(:portal_ids AS uuid[]), CAST(:ids AS uuid[]), CAST(:models AS text[]),
                    CAST(:prompts AS bigint[]), CAST(:completions AS bigint[]), CAST(:message_ids AS uuid[])
                ) AS use (portal_id, id, model, prompt, completion, message_id)
                ORDER BY portal_id, id
                ON CONFLICT DO NOTHING
                RETURNING portal_id, prompt_tokens + completion_tokens AS tokens
            ), counted AS (
                INSERT INTO usage_counters AS c (portal_id, metric, period_start, used)
                SELECT portal_id, :metric, :period_start, sum(tokens) FROM new
                GROUP BY portal_id ORDER BY portal_id
                ON CONFLICT (portal_id, metric, period_start) DO UPDATE SET used = c.used + excluded.used
            )
            SELECT count(*) FROM new
        """),
        {
            "metric": metric,
            "period_start": period_start,
            "now": now,
            "portal_ids": [use.portal_id for use in uses],
            "ids": [use.id for use in uses],
            "models": [use.model for use in uses],
            "prompts": [use.prompt_tokens for use in uses],
            "completions": [use.completion_tokens for use in uses],
            "message_ids": [use.message_id for use in uses],
        },
    )
    return int(result.scalar_one())


async def expired(conn: AsyncConnection, now: datetime, limit: int) -> list[Reservation]:
    """Return reservations whose time is over."""
    rows = await conn.execute(
        text("SELECT portal_id, key FROM reservations WHERE state = 'reserved' AND expires_at < :now LIMIT :n"),
        {"now": now, "n": limit},
    )
    return [Reservation(row.portal_id, row.key) for row in rows]


async def rooms_of(
    conn: AsyncConnection, portal_id: UUID, period_start: datetime
) -> tuple[str, dict[str, Room]] | None:
    """Return a portal's plan code and, per metric limited or used, what it used; None without a plan."""
    statement = (
        select(portal_billing.c.plan_code, plan_versions.c.limits)
        .join(
            plan_versions,
            (plan_versions.c.plan_code == portal_billing.c.plan_code)
            & (plan_versions.c.version == portal_billing.c.plan_version),
        )
        .where(portal_billing.c.portal_id == portal_id)
    )
    plan = (await conn.execute(statement)).first()
    if plan is None:
        return None
    rows = await conn.execute(
        text("""
            SELECT metric, used, reserved FROM usage_counters
            WHERE portal_id = :portal_id AND period_start = :period_start
        """),
        {"portal_id": portal_id, "period_start": period_start},
    )
    used = {row.metric: (row.used, row.reserved) for row in rows}
    return plan.plan_code, {
        metric: Room(*used.get(metric, (0, 0)), plan.limits.get(metric)) for metric in {**plan.limits, **used}
    }
