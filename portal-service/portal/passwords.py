"""Passwords of the vendor's staff: what they may be (NIST SP 800-63B), proving them, the lock on guessing."""

import asyncio
import unicodedata
from collections.abc import Callable
from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from redis.asyncio import Redis

from portal.attempts import Attempts, source_of
from portal.config import DEFAULT_ADMIN_PASSWORD
from portal.errors import TooManyAttempts, WeakPassword

MIN_LENGTH = 12
MAX_BYTES = 1024
FREE_FAILURES = 5
"""Of one source at one account: nobody locks an admin out from elsewhere."""
FREE_FAILURES_OF_SOURCE = 30
_HASHES_AT_ONCE = 2

_hasher = PasswordHasher()
_NOBODYS_HASH = (  # of a random password that nobody knows
    "$argon2id$v=19$m=65536,t=3,p=4$RmjrRpTy7gf9a4Ohk6eq0A$SsftZieVojW24Ri9+dMbUCRfQ2JjlkRyJ+5QpfpHmRk"
)


class Passwords:
    """Proves and hashes passwords, a few at once."""

    def __init__(self, redis: Redis, now: Callable[[], datetime]) -> None:
        self._failures = Attempts(redis, "login", FREE_FAILURES, now)
        self._failures_of_source = Attempts(redis, "login_source", FREE_FAILURES_OF_SOURCE, now)
        # Each takes 64 MiB and a core for 50 ms: a storm of logins must wait, not starve the rest.
        self._hashing = asyncio.Semaphore(_HASHES_AT_ONCE)

    async def prove(self, email: str, password_hash: str | None, password: str, remote_ip: str) -> bool:
        """Return whether a password is the account's; a failure is counted. Raises TooManyAttempts."""
        source = source_of(remote_ip)
        # A stranger's address costs the same time, so that addresses cannot be learned.
        stored = password_hash or _NOBODYS_HASH
        async with self._hashing:
            # Asked in the queue's front: who was locked while he waited costs no hash.
            await self._refuse_if_locked(email, source)
            is_right = await asyncio.to_thread(_matches, stored, password)
            if password_hash is None or not is_right:
                await self._failures.failed(_pair(email, source))
                await self._failures_of_source.failed(source)
                return False
        await self._failures.forgive(_pair(email, source))
        return True

    async def hash(self, password: str) -> str:
        """Return what is stored of a password."""
        async with self._hashing:
            return await asyncio.to_thread(_hasher.hash, _normal(password))

    async def _refuse_if_locked(self, email: str, source: str) -> None:
        locked_s = max(
            await self._failures.locked_s(_pair(email, source)),
            await self._failures_of_source.locked_s(source),
        )
        if locked_s:
            raise TooManyAttempts(retry_after_s=locked_s)


def refuse_weak(password: str, email: str) -> None:
    """Check a password that somebody chose. Raises WeakPassword. Length counts; composition does not."""
    normal = _normal(password)
    if is_default(password):
        raise WeakPassword(problem="is the one that everybody knows")
    if len(normal) < MIN_LENGTH:
        raise WeakPassword(problem=f"has fewer than {MIN_LENGTH} characters")
    if len(normal.encode()) > MAX_BYTES:
        raise WeakPassword(problem=f"is longer than {MAX_BYTES} bytes")
    if normal.lower() == email.lower():
        raise WeakPassword(problem="is the e-mail")


def is_default(password: str) -> bool:
    """Return whether a password is the one of a fresh development stack."""
    return password == DEFAULT_ADMIN_PASSWORD


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, _normal(password))
    except VerificationError:
        return False


def _normal(password: str) -> str:
    # A letter like "й" is one code point or two, as the keyboard likes.
    return unicodedata.normalize("NFKC", password)


def _pair(email: str, source: str) -> str:
    return f"{source}|{email}"
