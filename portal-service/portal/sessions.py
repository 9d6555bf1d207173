"""Signed session tokens: one audience and one key for the portal app, another for admins."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

import jwt

from kit import ids
from kit.keyring import KeyRing

PORTAL_LIFE = timedelta(minutes=60)
ADMIN_LIFE = timedelta(minutes=15)


class PortalSessions:
    """Mints `portal_token`: bound to member_id, user and rights that were verified with the portal."""

    def __init__(self, keyring: KeyRing, now: Callable[[], datetime]) -> None:
        self._key = keyring.signing_keys("portal-session")[0]
        self._now = now

    def mint(self, portal_id: UUID, member_id: str, user_id: int, *, is_admin: bool) -> str:
        """Return a token for a user of a portal."""
        now = self._now()
        claims = {
            "aud": "portal",
            "sub": str(portal_id),
            "mid": member_id,
            "uid": user_id,
            "adm": is_admin,
            "iat": now,
            "exp": now + PORTAL_LIFE,
            "jti": ids.uuid7().hex,
        }
        return jwt.encode(claims, self._key, algorithm="HS256")


class AdminSessions:
    """Mints an admin's tokens. Neither says a role: what the session's holder may do is asked when it is used."""

    def __init__(self, keyring: KeyRing, now: Callable[[], datetime]) -> None:
        self._key = keyring.signing_keys("admin-session")[0]
        self._refresh_keys = keyring.signing_keys("admin-refresh")
        self._now = now

    def mint(self, admin_id: UUID, session_id: UUID) -> str:
        """Return an access token of a session."""
        now = self._now()
        claims = {
            "aud": "admin",
            "sub": str(admin_id),
            "sid": str(session_id),
            "iat": now,
            "exp": now + ADMIN_LIFE,
        }
        return jwt.encode(claims, self._key, algorithm="HS256")

    def mint_refresh(self, session_id: UUID, generation: int) -> str:
        """Return a session's refresh token: signed, so that one spent long ago is known though nobody kept it."""
        claims = {"aud": "admin-refresh", "sid": str(session_id), "gen": generation}
        return jwt.encode(claims, self._refresh_keys[0], algorithm="HS256")

    def read_refresh(self, token: str) -> tuple[UUID, int] | None:
        """Return the session and the generation of a refresh token, None when it is not one of ours."""
        for key in self._refresh_keys:
            with suppress(jwt.InvalidTokenError):
                claims = jwt.decode(token, key, algorithms=["HS256"], audience="admin-refresh")
                return UUID(claims["sid"]), claims["gen"]
        return None
