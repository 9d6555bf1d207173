"""Statements on admin accounts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.domain import Account, Admin
from portal.tables import admin_users

_IS_OWNER = (admin_users.c.role == "owner") & ~admin_users.c.disabled


async def has_owner(conn: AsyncConnection) -> bool:
    """Return whether there is an owner who can sign in."""
    return (await conn.scalar(select(admin_users.c.id).where(_IS_OWNER).limit(1))) is not None


async def create(
    conn: AsyncConnection,
    admin_id: UUID,
    email: str,
    password_hash: str,
    role: str,
    now: datetime,
    *,
    must_change_password: bool = False,
) -> Admin | None:
    """Create an account; None when the address has one."""
    statement = (
        insert(admin_users)
        .values(
            id=admin_id,
            email=email,
            password_hash=password_hash,
            role=role,
            disabled=False,
            must_change_password=must_change_password,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["email"])
        .returning(*admin_users.c)
    )
    row = (await conn.execute(statement)).first()
    return _admin(row) if row else None


async def by_email(conn: AsyncConnection, email: str) -> Account | None:
    """Return the account of an address that may sign in."""
    statement = select(admin_users).where(admin_users.c.email == email, ~admin_users.c.disabled)
    row = (await conn.execute(statement)).first()
    return account(row) if row else None


async def by_id(conn: AsyncConnection, admin_id: UUID) -> Admin | None:
    """Return an admin."""
    row = (await conn.execute(select(admin_users).where(admin_users.c.id == admin_id))).first()
    return _admin(row) if row else None


async def page(
    conn: AsyncConnection,
    *,
    query: str,
    since: datetime | None,
    until: datetime | None,
    before: UUID | None,
    limit: int,
) -> list[Admin]:
    """Return accounts with a part of the address, newest first, older than `before`."""
    statement = select(admin_users).order_by(admin_users.c.id.desc()).limit(limit)
    if query:
        statement = statement.where(admin_users.c.email.contains(query, autoescape=True))
    if since:
        statement = statement.where(admin_users.c.created_at >= since)
    if until:
        statement = statement.where(admin_users.c.created_at < until)
    if before:
        statement = statement.where(admin_users.c.id < before)
    return [_admin(row) for row in await conn.execute(statement)]


async def confirm(conn: AsyncConnection, proven: Account, *, must_change: bool) -> Admin | None:
    """Lock an account whose password was proven; None when it may not sign in with it any more."""
    statement = (
        update(admin_users)
        .where(_is_still(proven))
        .values(must_change_password=admin_users.c.must_change_password | literal(must_change))
        .returning(*admin_users.c)
    )
    row = (await conn.execute(statement)).first()
    return _admin(row) if row else None


async def replace_password(conn: AsyncConnection, proven: Account, password_hash: str) -> bool:
    """Store the password that an account's holder chose. Returns False when the proven one is no more."""
    statement = update(admin_users).where(_is_still(proven))
    result = await conn.execute(statement.values(password_hash=password_hash, must_change_password=False))
    return result.rowcount == 1


async def lock_owners(conn: AsyncConnection) -> set[UUID]:
    """Lock every owner who can sign in, in one order for all, and return their ids."""
    statement = select(admin_users.c.id).where(_IS_OWNER).order_by(admin_users.c.id)
    return set((await conn.scalars(statement.with_for_update(key_share=True))).all())


async def lock(conn: AsyncConnection, admin_id: UUID) -> Admin | None:
    """Lock an account and return it."""
    statement = select(admin_users).where(admin_users.c.id == admin_id).with_for_update(key_share=True)
    row = (await conn.execute(statement)).first()
    return _admin(row) if row else None


async def change(conn: AsyncConnection, admin_id: UUID, values: Mapping[str, Any]) -> Admin:
    """Set columns of an account that is locked."""
    statement = update(admin_users).where(admin_users.c.id == admin_id).values(**values)
    return _admin((await conn.execute(statement.returning(*admin_users.c))).one())


async def remove(conn: AsyncConnection, admin_id: UUID) -> None:
    """Remove an account; its sessions go with it."""
    await conn.execute(delete(admin_users).where(admin_users.c.id == admin_id))


def account(row: Row[Any]) -> Account:
    """Return the account in a row of admin_users."""
    return Account(_admin(row), row.password_hash)


def _is_still(proven: Account) -> Any:
    return (
        (admin_users.c.id == proven.admin.id)
        & (admin_users.c.password_hash == proven.password_hash)
        & ~admin_users.c.disabled
    )


def _admin(row: Row[Any]) -> Admin:
    return Admin(
        id=row.id,
        email=row.email,
        role=row.role,
        created_at=row.created_at,
        disabled=row.disabled,
        must_change_password=row.must_change_password,
    )
