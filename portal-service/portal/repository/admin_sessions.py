"""Statements on the sessions of admins. A session counts its refreshes: the newest token is unspent."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.domain import Account, AdminSession
from portal.repository.admins import account
from portal.tables import admin_sessions, admin_users


async def begin(
    conn: AsyncConnection, session_id: UUID, admin_id: UUID, now: datetime, expires_at: datetime
) -> None:
    """Store a new session."""
    await conn.execute(
        insert(admin_sessions).values(
            id=session_id, admin_id=admin_id, generation=0, created_at=now, expires_at=expires_at
        )
    )


async def holder(conn: AsyncConnection, session_id: UUID, now: datetime) -> Account | None:
    """Return whose session it is; None when it has ended."""
    statement = (
        select(admin_users)
        .join(admin_sessions, admin_sessions.c.admin_id == admin_users.c.id)
        .where(admin_sessions.c.id == session_id, admin_sessions.c.expires_at > now, ~admin_users.c.disabled)
    )
    row = (await conn.execute(statement)).first()
    return account(row) if row else None


async def lock(conn: AsyncConnection, session_id: UUID, now: datetime) -> AdminSession | None:
    """Return a session that nobody else renews until this transaction ends; None when it has ended."""
    table = admin_sessions.c
    statement = (
        select(table.admin_id, table.generation, table.renewed_by, table.renewed_at)
        .where(table.id == session_id, table.expires_at > now)
        .with_for_update()
    )
    row = (await conn.execute(statement)).first()
    return AdminSession(*row) if row else None


async def renew(
    conn: AsyncConnection,
    session_id: UUID,
    generation: int,
    expires_at: datetime,
    renewed_by: UUID | None,
    now: datetime,
) -> None:
    """Make `generation` a session's newest: every token before it is spent."""
    renewal = {"generation": generation, "expires_at": expires_at, "renewed_by": renewed_by, "renewed_at": now}
    await conn.execute(update(admin_sessions).where(admin_sessions.c.id == session_id).values(renewal))


async def end(conn: AsyncConnection, session_id: UUID) -> UUID | None:
    """End a session; returns the admin's id, None when it had ended."""
    statement = delete(admin_sessions).where(admin_sessions.c.id == session_id)
    admin_id: UUID | None = await conn.scalar(statement.returning(admin_sessions.c.admin_id))
    return admin_id


async def end_all(conn: AsyncConnection, admin_id: UUID, but: UUID | None = None) -> int:
    """End an admin's sessions, all or all but one. Returns how many."""
    statement = delete(admin_sessions).where(admin_sessions.c.admin_id == admin_id)
    if but:
        statement = statement.where(admin_sessions.c.id != but)
    return (await conn.execute(statement)).rowcount


async def drop_expired(conn: AsyncConnection, admin_id: UUID, now: datetime) -> None:
    """Delete sessions of an admin that nobody can renew."""
    await conn.execute(
        delete(admin_sessions).where(admin_sessions.c.admin_id == admin_id, admin_sessions.c.expires_at <= now)
    )
