"""Signing global admins in and out, and their own passwords."""

from fastapi import APIRouter, Request, Response

from edge.auth import AdminSession, SignedIn
from edge.rows import admin_row
from edge.rpc import Peers, ask
from edge.schemas.admin import AdminAccount, Login, PasswordChange, RefreshToken, Session, SessionTokens
from edge.source import remote_ip
from edge.staff import Staff
from teachbase.portal.v1 import admin_pb2 as pb

router = APIRouter(prefix="/v1/admin/auth", tags=["admin auth"])


@router.post("/login", summary="Open a session")
async def login(body: Login, request: Request, peers: Peers) -> Session:
    """Check a password and open a session."""
    asked = pb.LoginRequest(email=body.email, password=body.password, remote_ip=remote_ip(request))
    answer = await ask("portal", peers.admin.Login, asked)
    tokens = _tokens(answer.tokens)
    return Session(**tokens.model_dump(), must_change_password=answer.admin.must_change_password)


@router.post("/refresh", summary="Renew a session")
async def refresh(body: RefreshToken, request: Request, peers: Peers) -> SessionTokens:
    """Spend a refresh token for a new pair. One that was spent before ends the session: renew one at a time."""
    asked = pb.RefreshSessionRequest(refresh_token=body.refresh_token, remote_ip=remote_ip(request))
    return _tokens((await ask("portal", peers.admin.RefreshSession, asked)).tokens)


@router.get("/me", summary="Who is signed in")
async def me(session: SignedIn, peers: Peers) -> AdminAccount:
    """Return the admin who asks."""
    asked = pb.GetSessionRequest(session_id=session.session_id)
    return admin_row((await ask("portal", peers.admin.GetSession, asked)).admin)


@router.post("/password", status_code=204, summary="Change one's own password")
async def change_password(body: PasswordChange, request: Request, session: SignedIn, peers: Peers) -> Response:
    """Change the password and end all other sessions. Audited; wrong ones count as logins that fail."""
    asked = pb.ChangePasswordRequest(
        session_id=session.session_id,
        current_password=body.current_password,
        new_password=body.new_password,
        remote_ip=remote_ip(request),
    )
    await ask("portal", peers.admin.ChangePassword, asked)
    _forget(request, session)
    return Response(status_code=204)


@router.post("/logout", status_code=204, summary="End the session")
async def logout(request: Request, session: SignedIn, peers: Peers) -> Response:
    """End the session: its tokens are good no more."""
    asked = pb.LogoutRequest(session_id=session.session_id, remote_ip=remote_ip(request))
    await ask("portal", peers.admin.Logout, asked)
    _forget(request, session)
    return Response(status_code=204)


def _forget(request: Request, session: AdminSession) -> None:
    staff: Staff = request.app.state.staff
    staff.forget(session.admin_id)


def _tokens(tokens: pb.SessionTokens) -> SessionTokens:
    return SessionTokens(
        access_token=tokens.access_token, refresh_token=tokens.refresh_token, expires_in=tokens.expires_in
    )
