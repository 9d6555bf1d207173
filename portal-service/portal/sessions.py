"""Signed session tokens: one audience and one key for the portal app, another for admins."""

from collections.abc import Callable
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
    """Mints an admin's access token."""

    def __init__(self, keyring: KeyRing, now: Callable[[], datetime]) -> None:
        self._key = keyring.signing_keys("admin-session")[0]
        self._now = now

    def mint(self, admin_id: UUID, session_id: UUID, role: str) -> str:
        """Return an access token of a session."""
        now = self._now()
        claims = {
            "aud": "admin",
            "sub": str(admin_id),
            "sid": str(session_id),
            "role": role,
            "iat": now,
            "exp": now + ADMIN_LIFE,
        }
        return jwt.encode(claims, self._key, algorithm="HS256")
