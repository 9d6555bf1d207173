"""Who may talk to the bot (contract 7)."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from portal import changes
from portal.departments import Departments
from portal.domain import Access, Actor
from portal.errors import DepartmentsNeedBotsV2, PortalNotFound, PortalNotInstalled
from portal.life import GONE
from portal.repository import audit
from portal.repository import portals as statements


class Accesses:
    """Saves who may talk to the bot."""

    def __init__(self, engine: AsyncEngine, departments: Departments, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._departments = departments
        self._now = now

    async def set(self, portal_id: UUID, access: Access, actor: Actor | None = None) -> list[int]:
        """Save and tell the followers; what `actor` of the vendor's staff does is audited.

        Returns who is named and was not before.
        Raises PortalNotFound, PortalNotInstalled, DepartmentsNeedBotsV2.
        """
        async with self._engine.begin() as conn:
            before = await statements.get(conn, portal_id)
            if access.mode == "departments" and before.bot.is_classic:
                raise DepartmentsNeedBotsV2(portal_id=portal_id)
            added = await self.save(conn, portal_id, access)
            if actor:
                await audit.write(
                    conn,
                    actor,
                    "portal.access",
                    portal_id,
                    before=asdict(before.access),
                    after=asdict(access),
                    now=self._now(),
                )
            await changes.announce(conn, portal_id)
        if access.mode == "departments":
            await self._departments.read(portal_id)
        return added

    async def save(self, conn: AsyncConnection, portal_id: UUID, access: Access) -> list[int]:
        """Save in a transaction of the caller, who announces. Returns and raises like `set`."""
        if await statements.lock_state(conn, portal_id) in GONE:
            raise PortalNotInstalled(portal_id=portal_id)
        if not await statements.set_access_mode(conn, portal_id, access, self._now()):
            raise PortalNotFound(portal_id=portal_id)
        await statements.drop_users_except(conn, portal_id, access.user_ids)
        return await statements.add_users(conn, portal_id, sorted(set(access.user_ids)), self._now())
