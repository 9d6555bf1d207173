"""Signing global admins in and out."""

from fastapi import APIRouter, Request, Response

from edge.auth import Admin
from edge.rows import at
from edge.rpc import Peers, ask
from edge.schemas.admin import AdminAccount, Login, RefreshToken, SessionTokens
from edge.source import remote_ip
from teachbase.portal.v1 import admin_pb2 as pb

router = APIRouter(prefix="/v1/admin/auth", tags=["admin auth"])


@router.post("/login", summary="Open a session")
async def login(body: Login, request: Request, peers: Peers) -> SessionTokens:
    """Check a password and open a session."""
    answer = await ask(
        "portal",
        peers.admin.Login,
        pb.LoginRequest(email=body.email, password=body.password, remote_ip=remote_ip(request)),
    )
    return _tokens(answer.tokens)


@router.post("/refresh", summary="Renew a session")
async def refresh(body: RefreshToken, peers: Peers) -> SessionTokens:
    """Spend a refresh token for a new pair."""
    request = pb.RefreshSessionRequest(refresh_token=body.refresh_token)
    return _tokens((await ask("portal", peers.admin.RefreshSession, request)).tokens)


@router.get("/me", summary="Who is signed in")
async def me(admin: Admin, peers: Peers) -> AdminAccount:
    """Return the admin who asks."""
    found = (await ask("portal", peers.admin.GetAdmin, pb.GetAdminRequest(admin_id=admin.admin_id))).admin
    return AdminAccount(id=found.id, email=found.email, role=found.role, created_at=at(found, "created_at"))


@router.post("/logout", status_code=204, summary="End the session")
async def logout(admin: Admin, peers: Peers) -> Response:
    """End the session: its refresh token is spent; the access token runs out within minutes."""
    await ask("portal", peers.admin.Logout, pb.LogoutRequest(session_id=admin.session_id))
    return Response(status_code=204)


def _tokens(tokens: pb.SessionTokens) -> SessionTokens:
    return SessionTokens(
        access_token=tokens.access_token, refresh_token=tokens.refresh_token, expires_in=tokens.expires_in
    )
