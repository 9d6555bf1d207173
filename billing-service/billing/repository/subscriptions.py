"""Statements on what portals are on."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from billing.domain import Marketplace, NextPlan, Override, Subscription
from billing.periods import Period
from billing.repository.plans import COLUMNS, plan_of
from kit.db import sql

_STANDING = f"""
    SELECT b.*, CAST(b.xmin AS text) AS row_version, {COLUMNS}, b.next_plan_at > :now AS is_next_to_come, (
        SELECT jsonb_agg(jsonb_build_array(name, value, reason, expires_at) ORDER BY name)
        FROM limit_overrides AS o
        WHERE o.portal_id = b.portal_id AND (o.expires_at IS NULL OR o.expires_at > :now)
    ) AS overrides
    FROM portal_billing AS b JOIN plan_versions AS v
      ON v.plan_code = CASE WHEN b.next_plan_at <= :now THEN b.next_plan_code ELSE b.plan_code END
     AND v.version = CASE WHEN b.next_plan_at <= :now THEN b.next_plan_version ELSE b.plan_version END
"""  # noqa: S608 - our own names


async def of_portals(
    conn: AsyncConnection, portal_ids: Collection[UUID], now: datetime
) -> dict[UUID, Subscription]:
    """Return what each portal is on at a moment; one that is on no plan yet is absent."""
    rows = await conn.execute(
        sql(f"{_STANDING} WHERE b.portal_id = ANY(CAST(:portal_ids AS uuid[]))"),
        {"now": now, "portal_ids": list(portal_ids)},
    )
    return {row.portal_id: subscription(row) for row in rows}


async def after(conn: AsyncConnection, portal_id: UUID, limit: int, now: datetime) -> list[Subscription]:
    """Return what the next portals are on, in the order of their ids."""
    rows = await conn.execute(
        sql(f"{_STANDING} WHERE b.portal_id > :portal_id ORDER BY b.portal_id LIMIT :limit"),
        {"now": now, "portal_id": portal_id, "limit": limit},
    )
    return [subscription(row) for row in rows]


def subscription(row: Any) -> Subscription:
    """Return the subscription of a row of _STANDING."""
    return Subscription(
        portal_id=row.portal_id,
        plan=plan_of(row),
        anchor_day=row.anchor_day,
        time_zone=row.time_zone,
        next_plan=(
            NextPlan(row.next_plan_code, row.next_plan_version, row.next_plan_at) if row.is_next_to_come else None
        ),
        trial_ends_at=row.trial_ends_at,
        paid_until=row.paid_until,
        suspended_at=row.suspended_at,
        suspended_reason=row.suspended_reason,
        canceled_at=row.canceled_at,
        marketplace=Marketplace(
            row.marketplace_status, row.marketplace_days, row.marketplace_expired_at, row.marketplace_noted_at
        ),
        overrides=tuple(
            Override(name, value, reason, datetime.fromisoformat(ends) if ends else None)
            for name, value, reason, ends in row.overrides or ()
        ),
        row_version=row.row_version,
    )


async def put_on_plan(conn: AsyncConnection, portal_ids: Collection[UUID], plan_code: str, now: datetime) -> None:
    """Give portals that have no plan yet the current version of a plan; its trial begins."""
    await conn.execute(
        sql("""
            INSERT INTO portal_billing (portal_id, plan_code, plan_version, trial_ends_at, created_at)
            SELECT id, v.plan_code, v.version,
                   CASE WHEN v.trial_days > 0
                   THEN CAST(:now AS timestamptz) + make_interval(days => v.trial_days) END,
                   :now
            FROM unnest(CAST(:portal_ids AS uuid[])) AS id
            CROSS JOIN billing_plans AS p
            JOIN plan_versions AS v ON v.plan_code = p.code AND v.version = p.current_version
            WHERE p.code = :plan_code
            ORDER BY id
            ON CONFLICT DO NOTHING
        """),
        {"portal_ids": list(portal_ids), "plan_code": plan_code, "now": now},
    )


async def lock(conn: AsyncConnection, portal_id: UUID) -> None:
    """Keep others from changing what a portal is on until this transaction ends."""
    await conn.execute(
        sql("SELECT 1 FROM portal_billing WHERE portal_id = :portal_id FOR UPDATE"), {"portal_id": portal_id}
    )


async def store(conn: AsyncConnection, one: Subscription) -> None:
    """Store what a portal is on, but for its overrides and the period it is in."""
    await conn.execute(
        sql("""
            UPDATE portal_billing SET
                plan_code = :plan_code, plan_version = :plan_version, next_plan_code = :next_code,
                next_plan_version = :next_version, next_plan_at = :next_at, anchor_day = :anchor_day,
                time_zone = :time_zone, trial_ends_at = :trial_ends_at, paid_until = :paid_until,
                suspended_at = :suspended_at, suspended_reason = :suspended_reason, canceled_at = :canceled_at,
                marketplace_status = :marketplace_status, marketplace_days = :marketplace_days,
                marketplace_expired_at = :marketplace_expired_at, marketplace_noted_at = :marketplace_noted_at
            WHERE portal_id = :portal_id
        """),
        {
            "portal_id": one.portal_id,
            "plan_code": one.plan.code,
            "plan_version": one.plan.version,
            "next_code": one.next_plan.code if one.next_plan else None,
            "next_version": one.next_plan.version if one.next_plan else None,
            "next_at": one.next_plan.at if one.next_plan else None,
            "anchor_day": one.anchor_day,
            "time_zone": one.time_zone,
            "trial_ends_at": one.trial_ends_at,
            "paid_until": one.paid_until,
            "suspended_at": one.suspended_at,
            "suspended_reason": one.suspended_reason,
            "canceled_at": one.canceled_at,
            "marketplace_status": one.marketplace.status,
            "marketplace_days": one.marketplace.days,
            "marketplace_expired_at": one.marketplace.expired_at,
            "marketplace_noted_at": one.marketplace.noted_at,
        },
    )


async def replace_overrides(
    conn: AsyncConnection, portal_id: UUID, overrides: Sequence[Override], now: datetime
) -> None:
    """Have a portal's own limits be these and no others."""
    await conn.execute(
        sql("""
            WITH gone AS (
                DELETE FROM limit_overrides WHERE portal_id = :portal_id AND name <> ALL(CAST(:names AS text[]))
            )
            INSERT INTO limit_overrides (portal_id, name, value, reason, expires_at, created_at)
            SELECT :portal_id, new.*, :now FROM unnest(
                CAST(:names AS text[]), CAST(:values AS bigint[]), CAST(:reasons AS text[]),
                CAST(:ends AS timestamptz[])
            ) AS new
            ON CONFLICT (portal_id, name) DO UPDATE
            SET value = excluded.value, reason = excluded.reason, expires_at = excluded.expires_at
        """),
        {
            "portal_id": portal_id,
            "now": now,
            "names": [one.name for one in overrides],
            "values": [one.value for one in overrides],
            "reasons": [one.reason for one in overrides],
            "ends": [one.expires_at for one in overrides],
        },
    )


async def note_standing(
    conn: AsyncConnection, portal_ids: Sequence[UUID], statuses: Sequence[str], periods: Sequence[Period]
) -> None:
    """Note the status and the period of portals, for lists: what counts is worked out from the clock."""
    await conn.execute(
        sql("""
            UPDATE portal_billing AS b
            SET status = new.status, period_start = new.period_start, period_end = new.period_end
            FROM unnest(CAST(:portal_ids AS uuid[]), CAST(:statuses AS text[]), CAST(:starts AS timestamptz[]),
                        CAST(:ends AS timestamptz[])) AS new (portal_id, status, period_start, period_end)
            WHERE b.portal_id = new.portal_id
              AND (b.status, b.period_start, b.period_end)
                  IS DISTINCT FROM (new.status, new.period_start, new.period_end)
        """),
        {
            "portal_ids": list(portal_ids),
            "statuses": list(statuses),
            "starts": [one.start for one in periods],
            "ends": [one.end for one in periods],
        },
    )


async def noted(conn: AsyncConnection, portal_ids: Sequence[UUID]) -> Mapping[UUID, tuple[str, int, str]]:
    """Return the plan, its version and the status that the log of each portal ends with."""
    rows = await conn.execute(
        sql("""
            SELECT DISTINCT ON (portal_id) portal_id, plan_code, plan_version, status FROM portal_billing_log
            WHERE portal_id = ANY(CAST(:portal_ids AS uuid[])) ORDER BY portal_id, id DESC
        """),
        {"portal_ids": list(portal_ids)},
    )
    return {row.portal_id: (row.plan_code, row.plan_version, row.status) for row in rows}


async def add_to_log(conn: AsyncConnection, entries: Sequence[Mapping[str, Any]]) -> None:
    """Write down what portals are on from now on: portal_id, id, plan_code, plan_version, status, reason, at."""
    await conn.execute(
        sql("""
            INSERT INTO portal_billing_log (portal_id, id, plan_code, plan_version, status, reason, created_at)
            VALUES (:portal_id, :id, :plan_code, :plan_version, :status, :reason, :at)
        """),
        list(entries),
    )


async def history(conn: AsyncConnection, portal_id: UUID, limit: int) -> list[Any]:
    """Return what a portal was on, the newest first: plan_code, plan_version, status, reason, created_at."""
    rows = await conn.execute(
        sql("""
            SELECT * FROM portal_billing_log WHERE portal_id = :portal_id ORDER BY id DESC LIMIT :limit
        """),
        {"portal_id": portal_id, "limit": limit},
    )
    return list(rows.all())


async def settle_plan(conn: AsyncConnection, one: Subscription, now: datetime) -> None:
    """Have a plan that a portal was to change to by now be its plan."""
    await conn.execute(
        sql("""
            UPDATE portal_billing SET plan_code = :code, plan_version = :version, next_plan_code = NULL,
                next_plan_version = NULL, next_plan_at = NULL
            WHERE portal_id = :portal_id AND next_plan_at <= :now
        """),
        {"portal_id": one.portal_id, "code": one.plan.code, "version": one.plan.version, "now": now},
    )
