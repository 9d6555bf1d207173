"""Statements on what a portal's administrator chooses, and on the departments within those that have access."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.domain import PortalSettings
from portal.life import State
from portal.tables import portals


async def set_reached(
    conn: AsyncConnection, portal_id: UUID, chosen: Sequence[int], reached: Sequence[int], now: datetime
) -> bool:
    """Store which departments are within the chosen ones, unless others were chosen; whether that is news."""
    is_still_chosen = (portals.c.id == portal_id) & (portals.c.department_ids == list(chosen))
    known = await conn.scalar(select(portals.c.reached_department_ids).where(is_still_chosen).with_for_update())
    if known is None:
        return False
    values = {"reached_department_ids": list(reached), "departments_read_at": now}
    await conn.execute(update(portals).where(portals.c.id == portal_id).values(**values))
    return list(known) != list(reached)


async def with_stale_departments(conn: AsyncConnection, before: datetime, limit: int) -> list[UUID]:
    """Return portals that let departments in and whose structure was not read since `before`."""
    statement = (
        select(portals.c.id)
        .where(
            portals.c.access_mode == "departments",
            portals.c.state == State.ACTIVE.value,
            or_(portals.c.departments_read_at.is_(None), portals.c.departments_read_at < before),
        )
        .order_by(portals.c.departments_read_at.nulls_first())
        .limit(limit)
    )
    return list((await conn.scalars(statement)).all())


async def note_reading(conn: AsyncConnection, portal_id: UUID, now: datetime) -> None:
    """Remember that the structure of a portal was asked for, so that the others get their turn."""
    await conn.execute(update(portals).where(portals.c.id == portal_id).values(departments_read_at=now))


async def set_settings(conn: AsyncConnection, portal_id: UUID, settings: PortalSettings, now: datetime) -> None:
    """Store what an administrator chose."""
    await conn.execute(
        update(portals)
        .where(portals.c.id == portal_id)
        .values(language=settings.language, event_mode=settings.event_mode, updated_at=now)
    )


async def learn_language(conn: AsyncConnection, portal_id: UUID, language: str) -> bool:
    """Store the portal's own language where nobody has chosen one. Returns whether that is news."""
    unchosen = update(portals).where(portals.c.id == portal_id, portals.c.language == "")
    return (await conn.execute(unchosen.values(language=language))).rowcount == 1
