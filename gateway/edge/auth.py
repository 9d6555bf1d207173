"""Who asks: an admin's or a portal user's bearer token, each with a key and an audience of its own."""

from dataclasses import dataclass
from typing import Annotated, Any

import jwt
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from edge.errors import ApiError
from edge.staff import Staff
from kit.keyring import KeyRing

_admin_bearer = HTTPBearer(auto_error=False, scheme_name="admin", description="From POST /v1/admin/auth/login")
_portal_bearer = HTTPBearer(auto_error=False, scheme_name="portal", description="portal_token")


@dataclass(frozen=True)
class AdminSession:
    """A signed-in admin, with the rights of now."""

    admin_id: str
    session_id: str
    role: str
    must_change_password: bool


@dataclass(frozen=True)
class PortalSession:
    """A user of a portal, as the portal's tokens proved."""

    portal_id: str
    member_id: str
    user_id: int
    is_admin: bool


class Guard:
    """Reads bearer tokens."""

    def __init__(self, keyring: KeyRing) -> None:
        self._keys = {
            "admin": keyring.signing_keys("admin-session"),
            "portal": keyring.signing_keys("portal-session"),
        }

    def claims(self, token: str, audience: str) -> dict[str, Any]:
        """Return the claims of a token for an audience. Raises ApiError 401."""
        for key in self._keys[audience]:
            try:
                return jwt.decode(
                    token, key, algorithms=["HS256"], audience=audience, options={"require": ["exp", "sub"]}
                )
            except jwt.ExpiredSignatureError:
                raise ApiError(401, "token_expired", "The session has ended. Sign in again.") from None
            except jwt.InvalidTokenError:
                continue
        raise ApiError(401, "unauthorized", "This token is not valid here.")


async def signed_in(
    request: Request, bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_admin_bearer)]
) -> AdminSession:
    """Return the admin who asks, whatever they may do. Raises ApiError 401, PeerError."""
    session_id = _claims(request, bearer, "admin")["sid"]
    staff: Staff = request.app.state.staff
    admin = await staff.holder(session_id)
    return AdminSession(admin.id, session_id, admin.role, admin.must_change_password)


async def admin_session(request: Request, session: Annotated[AdminSession, Depends(signed_in)]) -> AdminSession:
    """Return the admin who asks. Raises ApiError 401, 403 while the password must be changed (not in dev)."""
    if session.must_change_password and request.app.state.env != "dev":
        raise ApiError(403, "password_change_required", "Change the password first.")
    return session


async def operator_session(session: Annotated[AdminSession, Depends(admin_session)]) -> AdminSession:
    """Return the admin who asks, if they may change anything. Raises ApiError 401, 403."""
    if session.role not in {"owner", "operator"}:
        raise ApiError(403, "forbidden", "A viewer changes nothing. Ask an operator.")
    return session


async def owner_session(session: Annotated[AdminSession, Depends(admin_session)]) -> AdminSession:
    """Return the admin who asks, if they may manage accounts. Raises ApiError 401, 403."""
    if session.role != "owner":
        raise ApiError(403, "forbidden", "Only an owner manages accounts.")
    return session


def portal_session(
    request: Request, bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_portal_bearer)]
) -> PortalSession:
    """Return the portal's user who asks. Raises ApiError 401."""
    claims = _claims(request, bearer, "portal")
    request.state.portal_id = claims["sub"]
    return PortalSession(claims["sub"], claims["mid"], claims["uid"], claims["adm"])


def portal_admin_session(session: Annotated[PortalSession, Depends(portal_session)]) -> PortalSession:
    """Return the portal's administrator who asks. Raises ApiError 401, 403."""
    if not session.is_admin:
        raise ApiError(403, "forbidden", "Only an administrator of the portal may do this.")
    return session


def _claims(request: Request, bearer: HTTPAuthorizationCredentials | None, audience: str) -> dict[str, Any]:
    if bearer is None:
        raise ApiError(401, "unauthorized", "Send an Authorization header with a bearer token.")
    guard: Guard = request.app.state.guard
    return guard.claims(bearer.credentials, audience)


SignedIn = Annotated[AdminSession, Depends(signed_in)]
Operator = Annotated[AdminSession, Depends(operator_session)]
Owner = Annotated[AdminSession, Depends(owner_session)]
PortalUser = Annotated[PortalSession, Depends(portal_session)]
PortalAdmin = Annotated[PortalSession, Depends(portal_admin_session)]
