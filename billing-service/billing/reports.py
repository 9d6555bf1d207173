"""What the vendor's staff reads: who is near a limit, what was used and earned, statements, activity, prices."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from billing.domain import Plan, Price, Usage
from billing.periods import period_of
from billing.repository import plans, prices, requests, subscriptions
from billing.repository import reports as statements
from billing.repository import usage as counted
from billing.usage import usages

_UNPRICED_OF = timedelta(days=30)


@dataclass(frozen=True)
class Near:
    """Filters of the list of subscriptions, and whether it is in the order of the portals' ids."""

    plan_code: str = ""
    status: str = ""
    near_percent: int = 0
    portal_id: UUID | None = None
    by_portal: bool = False


@dataclass(frozen=True)
class Statement:
    """What a portal was on and used in one period."""

    usage: Usage
    changes: list[Any]
    days: list[tuple[date, str, int]]
    cost_micro: int
    unpriced_calls: int
    plan: Plan


@dataclass(frozen=True)
class ActivePortal:
    """Of each day of a time the replies of a portal, the first day first."""

    portal_id: UUID
    active_days: int
    replies: list[int] = field(default_factory=list)


class Reports:
    """Sums up."""

    def __init__(self, engine: AsyncEngine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    async def nearest(self, near: Near, after: tuple[int, UUID] | None, limit: int) -> list[tuple[Usage, int]]:
        """Return portals with the per cent of their most used limit, those nearest to one first."""
        now = self._now()
        async with self._engine.connect() as conn:
            found = await statements.nearest(
                conn,
                now,
                near.plan_code,
                near.status,
                near.near_percent,
                near.portal_id,
                after,
                limit,
                by_portal=near.by_portal,
            )
            of = await subscriptions.of_portals(conn, [portal_id for portal_id, _ in found], now)
            used = {one.subscription.portal_id: one for one in await usages(conn, of, now)}
        return [(used[portal_id], percent) for portal_id, percent in found]

    async def sums(
        self, group: str, since: date, until: date, portal_id: UUID | None, metric: str, after: str, limit: int
    ) -> tuple[list[Any], dict[str, Plan]]:
        """Return sums in the order of their keys and, by portal, the plans of those portals."""
        async with self._engine.connect() as conn:
            rows = await statements.sums(conn, group, since, until, portal_id, metric, after, limit)
            if group != "portal":
                return rows, {}
            of = await subscriptions.of_portals(conn, [UUID(row.key) for row in rows], self._now())
        return rows, {str(one.portal_id): one.plan for one in of.values()}

    async def activity(
        self, until: date, days: int, after: tuple[int, UUID] | None, limit: int, *, by_portal: bool = False
    ) -> list[ActivePortal]:
        """Return the most active portals first, or by their ids; a day counts where a reply was counted."""
        since = until - timedelta(days=days - 1)
        async with self._engine.connect() as conn:
            found = await statements.activity(conn, since, until, after, limit, by_portal=by_portal)
            of_day = await statements.replies_by_day(conn, [one for one, _ in found], since, until)
        calendar = [since + timedelta(days=place) for place in range(days)]
        return [
            ActivePortal(portal_id, active, [of_day.get((portal_id, day), 0) for day in calendar])
            for portal_id, active in found
        ]

    async def statement(self, portal_id: UUID, at: datetime) -> Statement | None:
        """Return what a portal was on and used in the period of a moment; None where the portal is unknown."""
        now = self._now()
        async with self._engine.connect() as conn:
            of = await subscriptions.of_portals(conn, [portal_id], now)
            if portal_id not in of:
                return None
            one = of[portal_id]
            period = period_of(at, one.anchor_day, one.time_zone)
            [usage] = await usages(conn, of, at)
            history = await subscriptions.history(conn, portal_id, 1000)
            last = next((row for row in history if row.created_at < period.end), None)
            was_on = one.plan
            if last:
                versions = await plans.versions(conn, last.plan_code)
                was_on = next(plan for plan, _, _ in versions if plan.version == last.plan_version)
            last_day = (period.end - timedelta(seconds=1)).date()
            cost_micro, unpriced = await counted.cost(conn, portal_id, period)
            return Statement(
                usage=usage,
                changes=[row for row in history if period.start <= row.created_at < period.end],
                days=await counted.days(conn, portal_id, period.start.date(), last_day),
                cost_micro=cost_micro,
                unpriced_calls=unpriced,
                plan=was_on,
            )

    async def prices(self) -> tuple[list[Price], list[str]]:
        """Return what models cost now, and models of late that have no price."""
        now = self._now()
        async with self._engine.connect() as conn:
            known = await prices.current(conn, now)
            return [known[model] for model in sorted(known)], await prices.unpriced(conn, now - _UNPRICED_OF)

    async def set_price(self, request_id: UUID, price: Price) -> None:
        """Have a model cost this from its moment on; what was counted before stays as it was."""
        async with self._engine.begin() as conn:
            if await requests.is_new(conn, request_id, self._now()):
                await prices.insert(conn, price)


def month_price(plan: Plan) -> int:
    """Return what a plan costs for a month, in minor units: a twelfth, rounded down, of a year's."""
    return plan.price_minor // 12 if plan.period == "year" else plan.price_minor
