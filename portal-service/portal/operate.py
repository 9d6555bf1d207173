"""What the vendor's staff does to a portal: stop it, start it, set it up again. Every change is audited."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from kit import paging
from portal import changes
from portal.domain import Actor, AuditEntry, Portal
from portal.life import Move, State
from portal.repository import audit
from portal.repository import portals as statements
from portal.setup import Setup


class Operations:
    """Operates portals."""

    def __init__(self, engine: AsyncEngine, setup: Setup, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._setup = setup
        self._now = now

    async def suspend(self, portal_id: UUID, reason: str, actor: Actor) -> Portal:
        """Stop serving a portal. Raises PortalNotFound."""
        now = self._now()
        async with self._engine.begin() as conn:
            state = await statements.lock_state(conn, portal_id)
            moved = await statements.move(conn, portal_id, Move.SUSPENDED, now)
            if moved is State.SUSPENDED:
                came_from = None if state is State.SUSPENDED else state
                await statements.note_suspension(conn, portal_id, reason, came_from)
                after = {"status": moved, "reason": reason}
                await audit.write(
                    conn, actor, "portal.suspend", portal_id, before={"status": state}, after=after, now=now
                )
                await changes.announce(conn, portal_id)
        return await self._find(portal_id)

    async def resume(self, portal_id: UUID, actor: Actor) -> Portal:
        """Serve a suspended portal again, where it stood before. Raises PortalNotFound."""
        now = self._now()
        async with self._engine.begin() as conn:
            if resumed := await statements.resume(conn, portal_id, now):
                await audit.write(
                    conn,
                    actor,
                    "portal.resume",
                    portal_id,
                    before={"status": State.SUSPENDED},
                    after={"status": resumed},
                    now=now,
                )
                await changes.announce(conn, portal_id)
        return await self._find(portal_id)

    async def set_up(self, portal_id: UUID, actor: Actor) -> Portal:
        """Do again what the install does on the portal. Raises PortalNotFound."""
        before = (await self._find(portal_id)).bot
        after = await self._setup.run(portal_id)
        async with self._engine.begin() as conn:
            await audit.write(
                conn,
                actor,
                "portal.setup",
                portal_id,
                before={"bot_id": before.id, "bot_status": before.state},
                after={"bot_id": after.id, "bot_status": after.state, "error_code": after.error_code},
                now=self._now(),
            )
        return await self._find(portal_id)

    async def record(
        self,
        actor: Actor,
        action: str,
        portal_id: UUID | None,
        *,
        before: dict[str, Any],
        after: dict[str, Any],
    ) -> None:
        """Write down a change that is made in another context."""
        async with self._engine.begin() as conn:
            await audit.write(conn, actor, action, portal_id, before=before, after=after, now=self._now())

    async def audited(
        self,
        *,
        portal_id: UUID | None,
        admin_id: UUID | None,
        action: str,
        since: datetime | None,
        until: datetime | None,
        page_token: str,
        size: int,
    ) -> tuple[list[AuditEntry], str]:
        """Return a page of the audit log, newest first, and the token of the next one ("" on the last)."""
        async with self._engine.connect() as conn:
            found = await audit.page(
                conn,
                portal_id=portal_id,
                admin_id=admin_id,
                action=action,
                since=since,
                until=until,
                before=paging.decode_id(page_token),
                limit=size + 1,
            )
        return found[:size], paging.encode(found[size - 1].id) if len(found) > size else ""

    async def _find(self, portal_id: UUID) -> Portal:
        async with self._engine.connect() as conn:
            return await statements.get(conn, portal_id)
