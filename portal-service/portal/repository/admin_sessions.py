"""Statements on the sessions of admins. A session counts its refreshes: the newest token is unspent."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.domain import Account
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


async def rotate(
    conn: AsyncConnection, session_id: UUID, generation: int, now: datetime, expires_at: datetime
) -> UUID | None:
    """Spend a session's newest refresh token; returns the admin's id, None when it is not that or has expired."""
    statement = (
        update(admin_sessions)
        .where(
            admin_sessions.c.id == session_id,
            admin_sessions.c.generation == generation,
            admin_sessions.c.expires_at > now,
        )
        .values(generation=generation + 1, expires_at=expires_at)
        .returning(admin_sessions.c.admin_id)
    )
    admin_id: UUID | None = await conn.scalar(statement)
    return admin_id


async def end_if_spent(conn: AsyncConnection, session_id: UUID, generation: int) -> UUID | None:
    """End a session whose refresh token of `generation` is spent; returns the admin's id if that ended it."""
    statement = delete(admin_sessions).where(
        admin_sessions.c.id == session_id, admin_sessions.c.generation > generation
    )
    admin_id: UUID | None = await conn.scalar(statement.returning(admin_sessions.c.admin_id))
    return admin_id


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
