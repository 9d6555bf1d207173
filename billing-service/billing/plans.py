"""Plans and their versions: an edit makes a new one, and portals stay on theirs until they are moved."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from billing.domain import Plan, default_plans
from billing.errors import PlanExists, PlanNotFound
from billing.repository import plans as statements
from billing.repository import requests, subscriptions


class Plans:
    """Reads and changes plans; seeds the first ones once."""

    def __init__(self, engine: AsyncEngine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    async def seed(self, env: str) -> None:
        """Create the plans there are at first; one that is there, edited or not, is never rewritten."""
        async with self._engine.begin() as conn:
            for plan in default_plans(env):
                if await statements.create_if_absent(conn, plan, self._now()):
                    await statements.add_version(conn, plan, self._now())

    async def all(self) -> tuple[list[Plan], dict[str, int]]:
        """Return every plan in its current version, and how many portals are on each."""
        async with self._engine.connect() as conn:
            found = await statements.current(conn)
            return found, await statements.portals_on(conn, [plan.code for plan in found])

    async def versions(self, code: str) -> list[tuple[Plan, datetime, int]]:
        """Return every version of a plan, the newest first. Raises PlanNotFound."""
        async with self._engine.connect() as conn:
            found = await statements.versions(conn, code)
        if not found:
            raise PlanNotFound(code=code)
        return found

    async def create(self, request_id: UUID, plan: Plan) -> Plan:
        """Make a plan. Raises PlanExists."""
        now, first = self._now(), replace(plan, version=1)
        async with self._engine.begin() as conn:
            if await requests.is_new(conn, request_id, now):
                if not await statements.create_if_absent(conn, first, now):
                    raise PlanExists(code=plan.code)
                await statements.add_version(conn, first, now)
            [made] = await statements.current(conn, plan.code)
            return made

    async def change(self, request_id: UUID, plan: Plan) -> Plan:
        """Make a new version of a plan: portals are put on it from now on. Raises PlanNotFound."""
        now = self._now()
        async with self._engine.begin() as conn:
            last = await statements.lock_version(conn, plan.code)
            if last is None:
                raise PlanNotFound(code=plan.code)
            if await requests.is_new(conn, request_id, now):
                await statements.add_version(conn, replace(plan, version=last + 1), now)
                await statements.set_current(conn, plan.code, last + 1)
            [made] = await statements.current(conn, plan.code)
            return made

    async def of_portals(self, portal_ids: list[UUID]) -> dict[UUID, str]:
        """Return the plan code of each portal that is on a plan."""
        async with self._engine.connect() as conn:
            found = await subscriptions.of_portals(conn, portal_ids, self._now())
        return {portal_id: one.plan.code for portal_id, one in found.items()}
