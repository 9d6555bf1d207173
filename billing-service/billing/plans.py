"""Plans and what portals use of them."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from billing import repository
from billing.domain import DEFAULT_PLAN_CODE, Plan, Usage, default_plan, period_of


class Plans:
    """Reads plans and usage; seeds the default plan once."""

    def __init__(self, engine: AsyncEngine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    async def seed(self, env: str) -> None:
        """Create the default plan where there is none; an edited one is never rewritten."""
        plan = default_plan(env)
        async with self._engine.begin() as conn:
            if await repository.create_plan_if_absent(conn, plan, self._now()):
                await repository.add_version(conn, plan, self._now())

    async def all(self) -> list[Plan]:
        """Return every plan in its current version."""
        async with self._engine.connect() as conn:
            return await repository.plans(conn)

    async def of_portals(self, portal_ids: list[UUID]) -> dict[UUID, str]:
        """Return the plan code of each portal that is on a plan."""
        async with self._engine.connect() as conn:
            return await repository.plan_codes(conn, portal_ids)

    async def usage(self, portal_id: UUID) -> Usage:
        """Return what a portal used in this period; a portal without a plan is on the default one."""
        period = period_of(self._now())
        async with self._engine.begin() as conn:
            await repository.put_on_default_plan(conn, [portal_id], DEFAULT_PLAN_CODE)
            found = await repository.rooms_of(conn, portal_id, period.start)
        plan_code, metrics = found or (DEFAULT_PLAN_CODE, {})
        return Usage(plan_code, period, metrics)
