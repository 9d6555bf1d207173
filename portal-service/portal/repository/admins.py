"""Statements on admin accounts and sessions."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.domain import Admin
from portal.tables import admin_sessions, admin_users


@dataclass(frozen=True)
class Account:
    """An admin with what a login needs."""

    admin: Admin
    password_hash: str = field(repr=False)


async def create_if_absent(
    conn: AsyncConnection, admin_id: UUID, email: str, password_hash: str, role: str, now: datetime
) -> None:
    """Create an account unless the address has one."""
    await conn.execute(
        insert(admin_users)
        .values(id=admin_id, email=email, password_hash=password_hash, role=role, created_at=now)
        .on_conflict_do_nothing(index_elements=["email"])
    )


async def has_account(conn: AsyncConnection, email: str) -> bool:
    """Return whether the address has an account."""
    return (await conn.scalar(select(admin_users.c.id).where(admin_users.c.email == email))) is not None


async def by_email(conn: AsyncConnection, email: str) -> Account | None:
    """Return the account of an address."""
    row = (await conn.execute(select(admin_users).where(admin_users.c.email == email))).first()
    if row is None:
        return None
    return Account(_admin(row), row.password_hash)


async def by_id(conn: AsyncConnection, admin_id: UUID) -> Admin | None:
    """Return an admin."""
    row = (await conn.execute(select(admin_users).where(admin_users.c.id == admin_id))).first()
    return _admin(row) if row else None


async def open_session(
    conn: AsyncConnection,
    *,
    session_id: UUID,
    admin_id: UUID,
    refresh_hash: bytes,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Store a new session."""
    await conn.execute(
        insert(admin_sessions).values(
            id=session_id,
            admin_id=admin_id,
            refresh_hash=refresh_hash,
            created_at=now,
            expires_at=expires_at,
        )
    )


async def rotate_session(
    conn: AsyncConnection, old_hash: bytes, new_hash: bytes, now: datetime, expires_at: datetime
) -> tuple[UUID, UUID] | None:
    """Spend a refresh token. Returns (session id, admin id), None when it is unknown, spent or expired."""
    statement = (
        update(admin_sessions)
        .where(admin_sessions.c.refresh_hash == old_hash, admin_sessions.c.expires_at > now)
        .values(refresh_hash=new_hash, expires_at=expires_at)
        .returning(admin_sessions.c.id, admin_sessions.c.admin_id)
    )
    row = (await conn.execute(statement)).first()
    return (row.id, row.admin_id) if row else None


async def close_session(conn: AsyncConnection, session_id: UUID) -> None:
    """End a session."""
    await conn.execute(delete(admin_sessions).where(admin_sessions.c.id == session_id))


def _admin(row: Row[Any]) -> Admin:
    return Admin(id=row.id, email=row.email, role=row.role, created_at=row.created_at)
