"""Signing global admins in and out: their sessions and their own passwords."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from kit import ids
from portal.domain import Actor, Admin, SessionTokens
from portal.errors import AdminNotFound, InvalidCredentials, SessionExpired, WeakPassword, WrongPassword
from portal.passwords import Passwords, is_default, refuse_weak
from portal.repository import admin_sessions, audit
from portal.repository import admins as statements
from portal.sessions import ADMIN_LIFE, AdminSessions

log = structlog.get_logger("admins")

REFRESH_LIFE = timedelta(days=14)


class Admins:
    """Sessions of the vendor's staff."""

    def __init__(
        self, engine: AsyncEngine, passwords: Passwords, sessions: AdminSessions, now: Callable[[], datetime]
    ) -> None:
        self._engine = engine
        self._passwords = passwords
        self._sessions = sessions
        self._now = now

    async def create_first(self, email: str, password: str) -> None:
        """Create the owner named in the settings unless there is an owner: who was removed stays removed."""
        async with self._engine.connect() as conn:
            if await statements.has_owner(conn):
                return
        password_hash, now = await self._passwords.hash(password), self._now()
        async with self._engine.begin() as conn:
            await statements.create(conn, ids.uuid7(), email.lower(), password_hash, "owner", now)

    async def login(self, email: str, password: str, remote_ip: str) -> tuple[Admin, SessionTokens]:
        """Open a session. Raises InvalidCredentials, TooManyAttempts (failures only are counted)."""
        email = email.lower()
        async with self._engine.connect() as conn:
            account = await statements.by_email(conn, email)
        stored = account.password_hash if account else None
        if not await self._passwords.prove(email, stored, password, remote_ip) or account is None:
            raise InvalidCredentials
        session_id, now = ids.uuid7(), self._now()
        async with self._engine.begin() as conn:
            admin = await statements.confirm(conn, account, must_change=is_default(password))
            if admin is None:
                raise InvalidCredentials
            await admin_sessions.drop_expired(conn, admin.id, now)
            await admin_sessions.begin(conn, session_id, admin.id, now, now + REFRESH_LIFE)
            actor, after = Actor(admin.id, remote_ip), {"session_id": str(session_id)}
            await audit.write(conn, actor, "session.open", None, before={}, after=after, now=now)
        return admin, self._tokens(admin.id, session_id, 0)

    async def refresh(self, refresh_token: str, remote_ip: str, request_id: UUID | None = None) -> SessionTokens:
        """Spend a refresh token for a new pair. Raises SessionExpired.

        One that was spent before ends its session, at once and always: two hold it, and one is a thief. Only the
        request that spent it is told again what it was told (docs/adr/0033): its answer may have been lost.
        """
        claim = self._sessions.read_refresh(refresh_token)
        if claim is None:
            raise SessionExpired
        session_id, generation = claim
        now, newest = self._now(), None
        async with self._engine.begin() as conn:
            session = await admin_sessions.lock(conn, session_id, now)
            if session is None:
                raise SessionExpired
            if session.was_told(generation, request_id, now):
                newest = session.generation
                log.info("renewal told again", session_id=str(session_id), remote_ip=remote_ip)
            elif generation == session.generation:
                newest = generation + 1
                await admin_sessions.renew(conn, session_id, newest, now + REFRESH_LIFE, request_id, now)
            elif generation < session.generation:
                await self._end_reused(conn, session_id, session.admin_id, remote_ip)
        if newest is None:
            raise SessionExpired
        return self._tokens(session.admin_id, session_id, newest)

    async def logout(self, session_id: UUID, remote_ip: str) -> None:
        """End a session; one that has ended already is no error."""
        async with self._engine.begin() as conn:
            admin_id = await admin_sessions.end(conn, session_id)
            if admin_id:
                actor, before = Actor(admin_id, remote_ip), {"session_id": str(session_id)}
                await audit.write(conn, actor, "session.close", None, before=before, after={}, now=self._now())

    async def get(self, admin_id: UUID) -> Admin:
        """Return an admin. Raises AdminNotFound."""
        async with self._engine.connect() as conn:
            admin = await statements.by_id(conn, admin_id)
        if admin is None:
            raise AdminNotFound(admin_id=admin_id)
        return admin

    async def of_session(self, session_id: UUID) -> Admin:
        """Return who holds a session. Raises SessionExpired."""
        async with self._engine.connect() as conn:
            account = await admin_sessions.holder(conn, session_id, self._now())
        if account is None:
            raise SessionExpired
        return account.admin

    async def change_password(self, session_id: UUID, current: str, new: str, remote_ip: str) -> None:
        """Change the password of a session's holder and end the other sessions of theirs.

        Raises SessionExpired, WeakPassword, WrongPassword, TooManyAttempts.
        """
        async with self._engine.connect() as conn:
            account = await admin_sessions.holder(conn, session_id, self._now())
        if account is None:
            raise SessionExpired
        admin = account.admin
        refuse_weak(new, admin.email)
        if not await self._passwords.prove(admin.email, account.password_hash, current, remote_ip):
            raise WrongPassword
        if new == current:
            raise WeakPassword(problem="is the one that you have")
        password_hash = await self._passwords.hash(new)
        async with self._engine.begin() as conn:
            if not await statements.replace_password(conn, account, password_hash):
                raise SessionExpired  # it was changed meanwhile, and that ended this session
            ended = await admin_sessions.end_all(conn, admin.id, but=session_id)
            actor = Actor(admin.id, remote_ip)
            before = {"must_change_password": admin.must_change_password}
            after = {"must_change_password": False, "sessions_ended": ended}
            await audit.write(conn, actor, "admin.password", None, before=before, after=after, now=self._now())

    async def _end_reused(self, conn: AsyncConnection, session_id: UUID, admin_id: UUID, remote_ip: str) -> None:
        await admin_sessions.end(conn, session_id)
        log.warning("refresh token used again", session_id=str(session_id), admin_id=str(admin_id))
        actor, before = Actor(admin_id, remote_ip), {"session_id": str(session_id)}
        after = {"ended": "a refresh token was used again"}
        await audit.write(conn, actor, "session.reuse", None, before=before, after=after, now=self._now())

    def _tokens(self, admin_id: UUID, session_id: UUID, generation: int) -> SessionTokens:
        return SessionTokens(
            access_token=self._sessions.mint(admin_id, session_id),
            refresh_token=self._sessions.mint_refresh(session_id, generation),
            expires_in=int(ADMIN_LIFE.total_seconds()),
        )
