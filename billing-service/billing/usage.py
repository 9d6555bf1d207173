"""What portals used: counted as it is told, read as their plans see it."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from billing.domain import ModelUse, Room, Subscription, Usage
from billing.periods import Period, period_of
from billing.repository import prices
from billing.repository import usage as statements
from billing.standing import status_of
from billing.subscriptions import subscriptions_of
from kit import ids

EXPORT_PAGE = 5_000
_LAST = UUID(int=2**128 - 1)
_ASKED_WITHIN = timedelta(hours=2)
"""A model is asked for a message soon after it came, or soon after it was answered at the latest try."""


class UsageBook:
    """Counts calls of models and what portals keep; reads usage."""

    def __init__(self, engine: AsyncEngine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    async def record_model_uses(self, uses: Sequence[ModelUse]) -> int:
        """Count the tokens of models' calls and what they cost, in the period in which they are told.

        Returns how many are new. A model without a price costs nothing known: it is said so where costs are shown.
        """
        now = self._now()
        async with self._engine.begin() as conn:
            of = await subscriptions_of(conn, {use.portal_id for use in uses}, now)
            known = await prices.current(conn, now, {use.model for use in uses})
            costs = {
                use.id: (known[use.model].cost_micro(use), known[use.model].currency)
                for use in uses
                if use.model in known
            }
            return await statements.record_model_uses(conn, uses, costs, periods_of(of, now), now)

    async def set_kept(self, portal_id: UUID, kept: Mapping[str, int]) -> None:
        """Take note of how much a portal keeps."""
        now = self._now()
        async with self._engine.begin() as conn:
            of = await subscriptions_of(conn, {portal_id}, now)
            await statements.set_kept(conn, portal_id, kept, periods_of(of, now)[portal_id].start)

    async def of(self, portal_id: UUID, days: int = 0) -> Usage:
        """Return what a portal used in this period, and by day of the last `days`."""
        now = self._now()
        async with self._engine.begin() as conn:
            of = await subscriptions_of(conn, {portal_id}, now)
            [usage] = await usages(conn, of, now)
            if days:
                today = now.date()
                usage.days.extend(await statements.days(conn, portal_id, today - timedelta(days=days - 1), today))
        return usage

    async def events(
        self, portal_id: UUID, before: UUID | None, since: datetime | None, until: datetime | None, limit: int
    ) -> list[Any]:
        """Return counted units of a portal, the newest first, of messages that came in a time."""
        upper = ids.floor_of(until) if until else _LAST
        lower = ids.floor_of(since) if since else ids.NIL
        async with self._engine.connect() as conn:
            return await statements.events(conn, portal_id, min(before or upper, upper), lower, limit)

    async def export(
        self, portal_id: UUID | None, since: datetime | None, until: datetime | None
    ) -> AsyncIterator[Sequence[Any]]:
        """Yield all units counted in a time, in pages."""
        start = since or (until or self._now()) - timedelta(days=31)
        async with self._engine.connect() as conn:
            async for rows in statements.export(conn, portal_id, start, until, EXPORT_PAGE):
                yield rows

    async def model_uses(self, portal_id: UUID, message_id: UUID) -> list[Any]:
        """Return what models were asked for a message."""
        came_at = ids.time_of(message_id)
        since, until = ids.floor_of(came_at), ids.floor_of(came_at + _ASKED_WITHIN)
        async with self._engine.connect() as conn:
            return await statements.model_uses(conn, portal_id, message_id, since, until)


def periods_of(of: Mapping[UUID, Subscription], now: datetime) -> dict[UUID, Period]:
    """Return the period that each portal is in."""
    return {portal_id: period_of(now, one.anchor_day, one.time_zone) for portal_id, one in of.items()}


async def usages(conn: AsyncConnection, of: Mapping[UUID, Subscription], now: datetime) -> list[Usage]:
    """Return what portals used in the periods they are in, in the order given."""
    periods = periods_of(of, now)
    counted = await statements.counters(conn, periods)
    return [
        Usage(
            subscription=one,
            status=status_of(one, now),
            period=periods[portal_id],
            metrics={
                metric: Room(*counted[portal_id].get(metric, (0, 0)), one.limits.get(metric))
                for metric in {**one.limits, **counted[portal_id]}
            },
        )
        for portal_id, one in of.items()
    ]
