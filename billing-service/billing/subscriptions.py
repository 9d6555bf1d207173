"""What portals are on: a plan, its changes, their own limits, and what Bitrix24 says of their payment."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from billing.domain import DEFAULT_PLAN_CODE, Marketplace, NextPlan, Override, Subscription
from billing.errors import PlanNotFound
from billing.periods import period_of
from billing.repository import plans, requests
from billing.repository import subscriptions as statements
from billing.standing import status_of
from kit import ids

_PAGE = 500


@dataclass(frozen=True)
class MarketplaceNote:
    """What Bitrix24 said of a portal at a moment."""

    portal_id: UUID
    status: str
    days: int | None
    is_payment_expired: bool
    noted_at: datetime


@dataclass(frozen=True)
class Change:
    """What is to be different of a subscription; what is None or absent stays."""

    portal_id: UUID
    plan_code: str = ""
    at_next_period: bool = False
    overrides: Sequence[Override] | None = None
    fields: Mapping[str, Any] | None = None
    """Of Subscription, by name: paid_until, trial_ends_at, canceled_at, anchor_day, time_zone."""
    is_suspended: bool | None = None
    reason: str = ""


async def subscriptions_of(
    conn: AsyncConnection, portal_ids: Collection[UUID], now: datetime
) -> dict[UUID, Subscription]:
    """Return what each portal is on; who is on no plan yet is put on the default one."""
    found = await statements.of_portals(conn, portal_ids, now)
    if missing := sorted(set(portal_ids) - set(found)):
        await statements.put_on_plan(conn, missing, DEFAULT_PLAN_CODE, now)
        found |= await statements.of_portals(conn, missing, now)
    return found


class Subscriptions:
    """Reads and changes them."""

    def __init__(self, engine: AsyncEngine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    async def of(self, portal_id: UUID) -> Subscription:
        """Return what a portal is on."""
        async with self._engine.begin() as conn:
            return (await subscriptions_of(conn, {portal_id}, self._now()))[portal_id]

    async def history(self, portal_id: UUID, limit: int = 100) -> list[Any]:
        """Return what a portal was on, the newest first."""
        async with self._engine.connect() as conn:
            return await statements.history(conn, portal_id, limit)

    async def change(self, request_id: UUID, change: Change) -> Subscription:
        """Change what a portal is on. Raises PlanNotFound."""
        now = self._now()
        async with self._engine.begin() as conn:
            await subscriptions_of(conn, {change.portal_id}, now)
            await statements.lock(conn, change.portal_id)
            one = (await subscriptions_of(conn, {change.portal_id}, now))[change.portal_id]
            if not await requests.is_new(conn, request_id, now):
                return one
            after = await self._changed(conn, one, change, now)
            await statements.store(conn, after)
            if change.overrides is not None:
                await statements.replace_overrides(conn, change.portal_id, change.overrides, now)
            await _note(conn, [after], now, change.reason)
            return (await statements.of_portals(conn, {change.portal_id}, now))[change.portal_id]

    async def note_marketplace(self, notes: Sequence[MarketplaceNote]) -> None:
        """Take what Bitrix24 says: since when a portal has not paid is when it was said first."""
        now = self._now()
        async with self._engine.begin() as conn:
            await subscriptions_of(conn, {note.portal_id for note in notes}, now)
            for note in sorted(notes, key=lambda one: (one.portal_id, one.noted_at)):
                await statements.lock(conn, note.portal_id)
                one = (await statements.of_portals(conn, {note.portal_id}, now))[note.portal_id]
                if one.marketplace.noted_at and one.marketplace.noted_at >= note.noted_at:
                    continue
                since = (one.marketplace.expired_at or note.noted_at) if note.is_payment_expired else None
                said = Marketplace(note.status, note.days, since, note.noted_at)
                after = replace(one, marketplace=said)
                await statements.store(conn, after)
                await _note(conn, [after], now, "marketplace")

    async def round(self) -> None:
        """Have what the clock changed stand in the lists and in the log: plans that change, trials that end."""
        last = ids.NIL
        while True:
            now = self._now()
            async with self._engine.begin() as conn:
                page = await statements.after(conn, last, _PAGE, now)
                await _note(conn, page, now, "clock")
            if len(page) < _PAGE:
                return
            last = page[-1].portal_id

    async def _changed(
        self, conn: AsyncConnection, one: Subscription, change: Change, now: datetime
    ) -> Subscription:
        after = replace(one, **change.fields or {})
        if change.plan_code:
            found = await plans.current(conn, change.plan_code)
            if not found:
                raise PlanNotFound(code=change.plan_code)
            [plan] = found
            if change.at_next_period:
                at = period_of(now, after.anchor_day, after.time_zone).end
                after = replace(after, next_plan=NextPlan(plan.code, plan.version, at))
            else:
                had_trial = one.trial_ends_at or not plan.trial_days or one.paid_until
                trial = one.trial_ends_at if had_trial else now + timedelta(days=plan.trial_days)
                after = replace(after, plan=plan, next_plan=None)
                if "trial_ends_at" not in (change.fields or {}):
                    after = replace(after, trial_ends_at=trial)
        if change.is_suspended is not None:
            suspended_at = (one.suspended_at or now) if change.is_suspended else None
            reason = change.reason if change.is_suspended else ""
            after = replace(after, suspended_at=suspended_at, suspended_reason=reason)
        return after


async def _note(conn: AsyncConnection, page: Sequence[Subscription], now: datetime, reason: str) -> None:
    """Note where subscriptions stand, and write down what is another than at last."""
    if not page:
        return
    portal_ids = [one.portal_id for one in page]
    statuses = [status_of(one, now) for one in page]
    periods = [period_of(now, one.anchor_day, one.time_zone) for one in page]
    await statements.note_standing(conn, portal_ids, statuses, periods)
    noted = await statements.noted(conn, portal_ids)
    entries = [
        {
            "portal_id": one.portal_id,
            "id": ids.uuid7(),
            "plan_code": one.plan.code,
            "plan_version": one.plan.version,
            "status": status,
            "reason": reason,
            "at": now,
        }
        for one, status in zip(page, statuses, strict=True)
        if noted.get(one.portal_id) != (one.plan.code, one.plan.version, status)
    ]
    if entries:
        await statements.add_to_log(conn, entries)
        changed = {entry["portal_id"] for entry in entries}
        for one in page:
            if one.portal_id in changed:
                await statements.settle_plan(conn, one, now)
