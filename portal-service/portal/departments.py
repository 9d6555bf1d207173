"""Departments of a portal: who is in one within a department that has access, has access too (contract 7)."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from bitrix.client import Call
from bitrix.errors import BitrixError, Kind
from bitrix.events import as_id, as_map, as_text
from kit import db, metrics
from kit.errors import DomainError
from portal import changes
from portal.clients.rest import PortalRest
from portal.domain import Department
from portal.errors import DepartmentsNotReadable, PortalUnavailable
from portal.repository import portals
from portal.repository import settings as statements

log = structlog.get_logger("departments")

READ_EVERY = timedelta(hours=6)
_AGAIN_AFTER = timedelta(minutes=10)
_AT_ONCE = 20
_MOST = 5000
_NOT_READABLE = {Kind.CONFIG, Kind.RIGHTS}


class Departments:
    """Reads the structure of portals."""

    def __init__(self, engine: AsyncEngine, rest: PortalRest, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._rest = rest
        self._now = now

    async def all(self, portal_id: UUID) -> list[Department]:
        """Return the departments, each after the one it is in.

        Raises DepartmentsNotReadable, PortalUnavailable, NoCredential, TokenRefused, OauthUnavailable.
        """
        found: list[Department] = []
        start: int | None = 0
        try:
            while start is not None and len(found) < _MOST:
                call = Call("department.get", {"sort": "NAME", "order": "ASC", "START": start}, is_idempotent=True)
                answer = await self._rest.ask(portal_id, call)
                found += _departments(answer.result)
                start = answer.next
        except BitrixError as error:
            if error.kind in _NOT_READABLE:
                raise DepartmentsNotReadable(code=error.code) from None
            raise PortalUnavailable(code=error.code, kind=error.kind.value) from None
        return in_order(found)

    async def read(self, portal_id: UUID) -> None:
        """Learn which departments are within those that have access, and tell the followers what is new.

        What cannot be read is left as it was: the departments chosen have access whatever else is known.
        """
        now = self._now()
        async with self._engine.begin() as conn:
            portal = await portals.get(conn, portal_id)
            await statements.note_reading(conn, portal_id, now)
        chosen = portal.access.department_ids
        try:
            reached = within(await self.all(portal_id), chosen)
        except DomainError as error:
            log.warning("departments not read", portal_id=str(portal_id), reason=error.reason)
            async with self._engine.begin() as conn:
                await statements.note_reading(conn, portal_id, now - READ_EVERY + _AGAIN_AFTER)
            return
        async with self._engine.begin() as conn:
            if await statements.set_reached(conn, portal_id, chosen, reached, now):
                await changes.announce(conn, portal_id)

    async def round(self) -> None:
        """Read again what was read long ago: nobody tells us of a new department."""
        async with self._engine.connect() as conn:
            stale = await statements.with_stale_departments(conn, self._now() - READ_EVERY, _AT_ONCE)
        for portal_id in stale:
            try:
                await self.read(portal_id)
            except Exception as error:
                metrics.BACKGROUND_FAILURES.labels("read_departments").inc()
                log.warning("departments not read", portal_id=str(portal_id), exc_info=db.cause(error))


def within(departments: Sequence[Department], chosen: Sequence[int]) -> list[int]:
    """Return the ids chosen and those of all departments below them, sorted."""
    reached = set(chosen)
    for department in in_order(departments):
        if department.parent_id in reached:
            reached.add(department.id)
    return sorted(reached)


def in_order(departments: Sequence[Department]) -> list[Department]:
    """Return departments as a tree reads: each below the one it is in, else in their own order.

    One whose parent is unknown, or in a ring of parents, stands at the top.
    """
    known = {one.id for one in departments}
    below: dict[int, list[Department]] = {}
    for one in departments:
        below.setdefault(one.parent_id if one.parent_id in known else 0, []).append(one)
    ordered: dict[int, Department] = {}
    waiting = list(reversed(below.get(0, [])))
    while waiting:
        one = waiting.pop()
        if one.id not in ordered:
            ordered[one.id] = one
            waiting += reversed(below.get(one.id, []))
    return [*ordered.values(), *(one for one in departments if one.id not in ordered)]


def _departments(result: Any) -> list[Department]:
    items = map(as_map, result if isinstance(result, list) else [])
    return [
        Department(as_id(item.get("ID")), as_text(item.get("NAME")), as_id(item.get("PARENT")))
        for item in items
        if as_id(item.get("ID"))
    ]
