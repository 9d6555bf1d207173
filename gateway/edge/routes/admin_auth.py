"""Signing global admins in and out, and their own passwords."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from grpc import StatusCode

from edge import errors, session_cookie
from edge.auth import AdminSession, SignedIn
from edge.rows import admin_row
from edge.rpc import Peers, ask
from edge.schemas.admin import AdminAccount, Login, PasswordChange, RefreshToken, Session, SessionTokens
from edge.source import remote_ip
from edge.staff import Staff
from kit.errors import PeerError
from teachbase.portal.v1 import admin_pb2 as pb

router = APIRouter(prefix="/v1/admin/auth", tags=["admin auth"])


@router.post("/login", summary="Open a session")
async def login(body: Login, request: Request, response: Response, peers: Peers) -> Session:
    """Check a password and open a session; its refresh token is set as a cookie for the console too."""
    asked = pb.LoginRequest(email=body.email, password=body.password, remote_ip=remote_ip(request))
    answer = await ask("portal", peers.admin.Login, asked)
    tokens = _given(answer.tokens, request, response)
    return Session(**tokens.model_dump(), must_change_password=answer.admin.must_change_password)


@router.post("/refresh", summary="Renew a session", response_model=SessionTokens)
async def refresh(
    request: Request, response: Response, peers: Peers, body: RefreshToken | None = None
) -> SessionTokens | JSONResponse:
    """Spend a refresh token for a new pair. One that was spent before, by another request, ends the session.

    Without one in the body it is the console's cookie that is spent: 403 `cross_site_request` for anybody else.
    """
    asked_for = body or RefreshToken()
    given = asked_for.refresh_token
    asked = pb.RefreshSessionRequest(
        refresh_token=given or session_cookie.refresh_token(request),
        remote_ip=remote_ip(request),
        request_id=str(asked_for.request_id or ""),
    )
    try:
        tokens = (await ask("portal", peers.admin.RefreshSession, asked)).tokens
    except PeerError as error:
        if given or error.status is not StatusCode.UNAUTHENTICATED:
            raise
        refused = errors.of_peer(error)
        session_cookie.drop(refused)
        return refused
    return _given(tokens, request, response)


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
    ended = Response(status_code=204)
    session_cookie.drop(ended)
    return ended


def _forget(request: Request, session: AdminSession) -> None:
    staff: Staff = request.app.state.staff
    staff.forget(session.admin_id)


def _given(tokens: pb.SessionTokens, request: Request, response: Response) -> SessionTokens:
    session_cookie.keep(request, response, tokens.refresh_token)
    shown = None if session_cookie.is_console(request) else tokens.refresh_token
    return SessionTokens(access_token=tokens.access_token, refresh_token=shown, expires_in=tokens.expires_in)
