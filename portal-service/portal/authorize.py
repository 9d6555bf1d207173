"""A live credential for a portal whose own is dead, by a link that its administrator opens (contract 2.1)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

import jwt
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from bitrix.errors import BitrixError
from bitrix.oauth import OAuthServer
from kit.keyring import KeyRing
from portal.domain import Actor, Portal
from portal.errors import AuthorizationNotBegun, NotAnAdmin, OauthUnavailable
from portal.open_session import PageSessions
from portal.repository import audit
from portal.repository import portals as statements
from portal.verify import may_pass

log = structlog.get_logger("authorize")

LIFE = timedelta(hours=24)
"""An administrator reads his mail when he reads it; what a link opens is worth nothing to anybody else."""
_AUDIENCE = "authorization"


@dataclass
class _Claim:
    """A pair of tokens that a code was traded for: a claim like any other, till it is verified."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int
    member_id: str
    server_endpoint: str
    remote_ip: str
    application_token: str = ""


class Authorizations:
    """Makes links and takes what they bring. The state of a link names the portal and is signed."""

    def __init__(
        self,
        engine: AsyncEngine,
        oauth: OAuthServer,
        sessions: PageSessions,
        keyring: KeyRing,
        now: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._oauth = oauth
        self._sessions = sessions
        self._keys = keyring.signing_keys(_AUDIENCE)
        self._now = now

    async def begin(self, portal_id: UUID, actor: Actor) -> tuple[str, datetime]:
        """Return a link and until when it is good. Raises PortalNotFound."""
        portal = await self._find(portal_id)
        expires_at = self._now() + LIFE
        claims = {"aud": _AUDIENCE, "sub": str(portal.id), "mid": portal.member_id, "exp": expires_at}
        state = jwt.encode(claims, self._keys[0], algorithm="HS256")
        async with self._engine.begin() as conn:
            after = {"expires_at": expires_at.isoformat()}
            await audit.write(conn, actor, "portal.authorize", portal.id, before={}, after=after, now=self._now())
        query = urlencode({"client_id": self._oauth.client_id, "state": state})
        base = portal.client_endpoint.removesuffix("rest/") or f"https://{portal.domain}/"
        return f"{base}oauth/authorize/?{query}", expires_at

    async def complete(self, code: str, state: str, server_endpoint: str, remote_ip: str) -> Portal:
        """Store the credential of the administrator who followed a link.

        Raises AuthorizationNotBegun, NotAnAdmin, OauthUnavailable, and what PageSessions.open raises.
        """
        member_id, portal_id = self._read(state)
        try:
            pair = await self._oauth.redeem(code, server_endpoint)
        except BitrixError as error:
            if may_pass(error):
                raise OauthUnavailable(code=error.code) from None
            raise AuthorizationNotBegun(why="its code is not good any more") from None
        if pair.member_id != member_id:
            raise AuthorizationNotBegun(why="it was begun for another portal")
        claim = _Claim(
            pair.access_token, pair.refresh_token, pair.expires_in, pair.member_id, server_endpoint, remote_ip
        )
        opened = await self._sessions.open(claim)
        if not opened.user.is_admin:
            raise NotAnAdmin(user_id=opened.user.id)
        log.info("portal authorized", portal_id=str(portal_id), user_id=opened.user.id)
        return await self._find(portal_id)

    def _read(self, state: str) -> tuple[str, UUID]:
        for key in self._keys:
            try:
                claims = jwt.decode(
                    state,
                    key,
                    algorithms=["HS256"],
                    audience=_AUDIENCE,
                    options={"require": ["exp", "sub"], "verify_exp": False},
                )
            except jwt.InvalidTokenError:
                continue
            if claims["exp"] < self._now().timestamp():
                raise AuthorizationNotBegun(why="its link is too old")
            return claims["mid"], UUID(claims["sub"])
        raise AuthorizationNotBegun(why="its state is not ours")

    async def _find(self, portal_id: UUID) -> Portal:
        async with self._engine.connect() as conn:
            return await statements.get(conn, portal_id)
