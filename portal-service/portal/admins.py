"""Signing global admins in and out."""

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from kit import ids
from portal.attempts import Attempts, source_of
from portal.domain import Admin, SessionTokens
from portal.errors import InvalidCredentials, SessionExpired, TooManyAttempts
from portal.repository import admins as statements
from portal.sessions import ADMIN_LIFE, AdminSessions

REFRESH_LIFE = timedelta(days=14)
FREE_FAILURES = 5
"""Of one source at one account: nobody locks an admin out from elsewhere."""
FREE_FAILURES_OF_SOURCE = 30
_HASHES_AT_ONCE = 2

_hasher = PasswordHasher()
_NOBODYS_HASH = (  # of a random password that nobody knows
    "$argon2id$v=19$m=65536,t=3,p=4$RmjrRpTy7gf9a4Ohk6eq0A$SsftZieVojW24Ri9+dMbUCRfQ2JjlkRyJ+5QpfpHmRk"
)


class Admins:
    """Accounts and sessions of the vendor's staff."""

    def __init__(
        self, engine: AsyncEngine, sessions: AdminSessions, redis: Redis, now: Callable[[], datetime]
    ) -> None:
        self._engine = engine
        self._failures = Attempts(redis, "login", FREE_FAILURES, now)
        self._failures_of_source = Attempts(redis, "login_source", FREE_FAILURES_OF_SOURCE, now)
        # Each takes 64 MiB and a core for 50 ms: a storm of logins must wait, not starve the rest.
        self._hashing = asyncio.Semaphore(_HASHES_AT_ONCE)
        self._sessions = sessions
        self._now = now

    async def create_first(self, email: str, password: str) -> None:
        """Create the owner named in the settings unless the address has an account."""
        async with self._engine.connect() as conn:
            if await statements.has_account(conn, email.lower()):
                return
        password_hash = await asyncio.to_thread(_hasher.hash, password)
        async with self._engine.begin() as conn:
            await statements.create_if_absent(
                conn, ids.uuid7(), email.lower(), password_hash, "owner", self._now()
            )

    async def login(self, email: str, password: str, remote_ip: str) -> tuple[Admin, SessionTokens]:
        """Open a session. Raises InvalidCredentials, TooManyAttempts (failures only are counted)."""
        email, source = email.lower(), source_of(remote_ip)
        async with self._engine.connect() as conn:
            account = await statements.by_email(conn, email)
        # A stranger's address costs the same time, so that addresses cannot be learned.
        stored = account.password_hash if account else _NOBODYS_HASH
        async with self._hashing:
            # Asked in the queue's front: who was locked while he waited costs no hash.
            await self._refuse_if_locked(email, source)
            matches = await asyncio.to_thread(_matches, stored, password)
            if account is None or not matches:
                await self._failures.failed(_pair(email, source))
                await self._failures_of_source.failed(source)
                raise InvalidCredentials
        await self._failures.forgive(_pair(email, source))
        return account.admin, await self._open(account.admin)

    async def refresh(self, refresh_token: str) -> SessionTokens:
        """Spend a refresh token for a new pair. Raises SessionExpired."""
        new_token, now = secrets.token_urlsafe(32), self._now()
        async with self._engine.begin() as conn:
            found = await statements.rotate_session(
                conn, _hash(refresh_token), _hash(new_token), now, now + REFRESH_LIFE
            )
            admin = await statements.by_id(conn, found[1]) if found else None
        if found is None or admin is None:
            raise SessionExpired
        return self._tokens(admin, found[0], new_token)

    async def logout(self, session_id: UUID) -> None:
        """End a session; one that has ended already is no error."""
        async with self._engine.begin() as conn:
            await statements.close_session(conn, session_id)

    async def get(self, admin_id: UUID) -> Admin:
        """Return an admin. Raises SessionExpired when the account is gone."""
        async with self._engine.connect() as conn:
            admin = await statements.by_id(conn, admin_id)
        if admin is None:
            raise SessionExpired
        return admin

    async def _open(self, admin: Admin) -> SessionTokens:
        session_id, token, now = ids.uuid7(), secrets.token_urlsafe(32), self._now()
        async with self._engine.begin() as conn:
            await statements.open_session(
                conn,
                session_id=session_id,
                admin_id=admin.id,
                refresh_hash=_hash(token),
                now=now,
                expires_at=now + REFRESH_LIFE,
            )
        return self._tokens(admin, session_id, token)

    async def _refuse_if_locked(self, email: str, source: str) -> None:
        locked_s = max(
            await self._failures.locked_s(_pair(email, source)),
            await self._failures_of_source.locked_s(source),
        )
        if locked_s:
            raise TooManyAttempts(retry_after_s=locked_s)

    def _tokens(self, admin: Admin, session_id: UUID, refresh_token: str) -> SessionTokens:
        access = self._sessions.mint(admin.id, session_id, admin.role)
        return SessionTokens(access, refresh_token, int(ADMIN_LIFE.total_seconds()))


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except VerificationError:
        return False


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _pair(email: str, source: str) -> str:
    return f"{source}|{email}"
