"""Accounts of the vendor's staff, as owners manage them. Every change is audited."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from kit import ids, paging
from kit.errors import InvalidArgument
from portal.domain import AccountChange, Actor, Admin
from portal.errors import AdminNotFound, EmailTaken, LastOwner, NotAnOwner
from portal.passwords import Passwords, refuse_weak
from portal.repository import admin_sessions, audit
from portal.repository import admins as statements


class Accounts:
    """Creates, changes and removes accounts.

    Each change locks every owner that can sign in. So it knows by more than the gateway's memory that the actor is
    one, and of two changes at once that would leave no owner the second is refused.
    """

    def __init__(self, engine: AsyncEngine, passwords: Passwords, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._passwords = passwords
        self._now = now

    async def page(
        self, *, query: str, since: datetime | None, until: datetime | None, page_token: str, size: int
    ) -> tuple[list[Admin], str]:
        """Return a page, newest first, and the token of the next one ("" on the last)."""
        async with self._engine.connect() as conn:
            found = await statements.page(
                conn,
                query=query.lower(),
                since=since,
                until=until,
                before=paging.decode_id(page_token),
                limit=size + 1,
            )
        return found[:size], paging.encode(found[size - 1].id) if len(found) > size else ""

    async def create(self, email: str, role: str, password: str, actor: Actor) -> Admin:
        """Create an account whose holder must change the password. Raises WeakPassword, EmailTaken, NotAnOwner."""
        email = email.lower()
        refuse_weak(password, email)
        password_hash, now = await self._passwords.hash(password), self._now()
        async with self._engine.begin() as conn:
            await _owners(conn, actor)
            created = await statements.create(
                conn, ids.uuid7(), email, password_hash, role, now, must_change_password=True
            )
            if created is None:
                raise EmailTaken(email=email)
            await audit.write(conn, actor, "admin.create", None, before={}, after=_told(created), now=now)
        return created

    async def change(self, admin_id: UUID, change: AccountChange, actor: Actor) -> Admin:
        """Change what is named. Raises AdminNotFound, LastOwner, WeakPassword, NotAnOwner, InvalidArgument."""
        values = await self._values(admin_id, change, actor)
        async with self._engine.begin() as conn:
            owners = await _owners(conn, actor)
            before = await _lock(conn, admin_id)
            if not values:
                return before
            after = await statements.change(conn, admin_id, values)
            _refuse_to_lose_the_last(owners, before, after)
            if change.password is not None or after.disabled:
                await admin_sessions.end_all(conn, admin_id)
            told = _told(after) | ({"password": "set"} if change.password is not None else {})
            if told != _told(before):
                await audit.write(
                    conn, actor, "admin.update", None, before=_told(before), after=told, now=self._now()
                )
        return after

    async def remove(self, admin_id: UUID, actor: Actor) -> None:
        """Remove an account with its sessions. Raises AdminNotFound, LastOwner, NotAnOwner."""
        async with self._engine.begin() as conn:
            owners = await _owners(conn, actor)
            before = await _lock(conn, admin_id)
            _refuse_to_lose_the_last(owners, before, None)
            await audit.write(conn, actor, "admin.delete", None, before=_told(before), after={}, now=self._now())
            await statements.remove(conn, admin_id)

    async def _values(self, admin_id: UUID, change: AccountChange, actor: Actor) -> dict[str, Any]:
        """Return the columns to set; a password is hashed here, before anything is locked."""
        named = {"role": change.role, "disabled": change.disabled}
        values: dict[str, Any] = {name: value for name, value in named.items() if value is not None}
        if change.password is None:
            return values
        if admin_id == actor.admin_id:
            raise InvalidArgument(field="password", problem="is changed by its holder with the current one")
        async with self._engine.connect() as conn:
            found = await statements.by_id(conn, admin_id)
        if found is None:
            raise AdminNotFound(admin_id=admin_id)
        refuse_weak(change.password, found.email)
        password_hash = await self._passwords.hash(change.password)
        return {**values, "password_hash": password_hash, "must_change_password": True}


async def _owners(conn: AsyncConnection, actor: Actor) -> set[UUID]:
    owners = await statements.lock_owners(conn)
    if actor.admin_id not in owners:
        raise NotAnOwner
    return owners


async def _lock(conn: AsyncConnection, admin_id: UUID) -> Admin:
    found = await statements.lock(conn, admin_id)
    if found is None:
        raise AdminNotFound(admin_id=admin_id)
    return found


def _refuse_to_lose_the_last(owners: set[UUID], before: Admin, after: Admin | None) -> None:
    stays = after is not None and after.role == "owner" and not after.disabled
    if owners == {before.id} and not stays:
        raise LastOwner


def _told(admin: Admin) -> dict[str, Any]:
    """Return what the audit log keeps of an account."""
    return {"admin_id": str(admin.id), "email": admin.email, "role": admin.role, "disabled": admin.disabled}
