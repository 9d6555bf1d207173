"""Statements on portals whose events are asked for."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from messaging.domain import Fetch
from messaging.tables import fetches, portals


async def begin(conn: AsyncConnection, portal_id: UUID, now: datetime) -> None:
    """Have a portal's events asked for from now on."""
    statement = insert(fetches).values(portal_id=portal_id, due_at=now)
    await conn.execute(statement.on_conflict_do_update(index_elements=["portal_id"], set_={"ends_at": None}))


async def end(conn: AsyncConnection, portal_id: UUID, ends_at: datetime) -> None:
    """Have them asked for until a page is empty; `ends_at`: since when they are pushed again."""
    ending = update(fetches).where(fetches.c.portal_id == portal_id, fetches.c.ends_at.is_(None))
    await conn.execute(ending.values(ends_at=ends_at))


async def forget(conn: AsyncConnection, portal_id: UUID) -> None:
    """Ask for them no more."""
    await conn.execute(delete(fetches).where(fetches.c.portal_id == portal_id))


async def claim(conn: AsyncConnection, now: datetime, lease_until: datetime, limit: int) -> list[Fetch]:
    """Hold portals that are due and nobody holds: two who ask one portal would take events from each other."""
    due = (
        select(fetches.c.portal_id)
        .where(fetches.c.due_at <= now, or_(fetches.c.lease_until.is_(None), fetches.c.lease_until < now))
        .order_by(fetches.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = await conn.execute(
        update(fetches)
        .where(fetches.c.portal_id.in_(due), portals.c.id == fetches.c.portal_id)
        .values(lease_until=lease_until)
        .returning(fetches, portals.c.member_id)
    )
    return [
        Fetch(row.portal_id, row.member_id, row.next_offset, row.quiet, row.failures, row.ends_at) for row in rows
    ]


async def failing(conn: AsyncConnection, portal_id: UUID) -> tuple[int, str, datetime | None] | None:
    """Return how often in a row a portal was not fetched, why and when it was last; None: it pushes its events."""
    statement = select(fetches.c.failures, fetches.c.cause, fetches.c.fetched_at)
    row = (await conn.execute(statement.where(fetches.c.portal_id == portal_id))).first()
    return (row.failures, row.cause, row.fetched_at) if row else None


async def go_on(
    conn: AsyncConnection, portal_id: UUID, next_offset: int, quiet: int, now: datetime, due_at: datetime
) -> None:
    """A page is stored: the next is asked for from `next_offset`."""
    await conn.execute(
        update(fetches)
        .where(fetches.c.portal_id == portal_id)
        .values(
            next_offset=next_offset,
            quiet=quiet,
            failures=0,
            cause="",
            fetched_at=now,
            due_at=due_at,
            lease_until=None,
        )
    )


async def failed(conn: AsyncConnection, portal_id: UUID, failures: int, cause: str, due_at: datetime) -> None:
    """Nothing was fetched, and why."""
    await conn.execute(
        update(fetches)
        .where(fetches.c.portal_id == portal_id)
        .values(failures=failures, cause=cause, due_at=due_at, lease_until=None)
    )
