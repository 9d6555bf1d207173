"""Credentials: sealed at rest, refreshed only when Bitrix24 refuses one, once however many ask (contract 2.4)."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bitrix.errors import BitrixError, Kind
from bitrix.oauth import OAuthServer
from kit.keyring import KeyRing
from portal.domain import StoredToken, VerifiedInstall
from portal.errors import NoCredential, OauthUnavailable, TokenRefused
from portal.repository import tokens as statements
from portal.repository.tokens import SealedToken

log = structlog.get_logger("tokens")

LEASE = timedelta(seconds=15)
"""Longer than a refresh may take (bitrix.oauth.TOTAL_S), so that two never spend one refresh token."""
FIRST_REST = timedelta(minutes=1)
MAX_REST = timedelta(minutes=10)
_POLL_S = 0.1
_GONE_FOR_GOOD = {Kind.RIGHTS, Kind.TOKEN, Kind.REQUEST}
"""This credential is refused: another administrator's may be good."""
_NO_ANSWER = {Kind.UNKNOWN, Kind.TRANSPORT, Kind.SERVER, Kind.THROTTLE}


class Tokens:
    """Hands out live credentials."""

    def __init__(
        self, engine: AsyncEngine, keyring: KeyRing, oauth: OAuthServer, now: Callable[[], datetime]
    ) -> None:
        self._engine = engine
        self._keyring = keyring
        self._oauth = oauth
        self._now = now

    async def store(self, conn: AsyncConnection, install: VerifiedInstall) -> None:
        """Store the tokens that came with a verified install, in the install's transaction.

        A page may come without a refresh token: then the one that is there stays.
        """
        now = self._now()
        await statements.store(
            conn,
            portal_id=install.portal_id,
            user_id=install.user_id,
            access_token=self._keyring.encrypt(install.access_token),
            refresh_token=self._keyring.encrypt(install.refresh_token),
            server_endpoint=install.server_endpoint,
            expires_at=now + timedelta(seconds=install.expires_in),
            now=now,
            keep_refresh_token=not install.refresh_token,
        )

    async def current(self, portal_id: UUID) -> StoredToken:
        """Return the newest live credential as it is, expired or not. Raises NoCredential, TokenRefused."""
        return self._open(await self._newest(portal_id))

    async def refreshed(self, portal_id: UUID, refused_generation: int) -> StoredToken:
        """Return a credential newer than the one that Bitrix24 refused.

        The first to ask refreshes, outside of any transaction; the others wait for what it stores.
        Raises NoCredential, OauthUnavailable; TokenRefused, for a while without asking again.
        """
        deadline = asyncio.get_running_loop().time() + LEASE.total_seconds()
        while asyncio.get_running_loop().time() < deadline:
            sealed = await self._newest(portal_id)
            if sealed.generation > refused_generation:
                return self._open(sealed)
            if await self._lease(sealed):
                # Once sent, the old refresh token is spent: a caller that goes away must not cost the new pair.
                await asyncio.shield(self._refresh(sealed))
            else:
                await asyncio.sleep(_POLL_S)
        raise OauthUnavailable(code="refresh_under_way")

    async def newest(self, portal_id: UUID) -> tuple[StoredToken, int]:
        """Return the newest live credential, also while the OAuth server's refusal rests, and how many are live.

        Raises NoCredential.
        """
        async with self._engine.connect() as conn:
            sealed = await statements.newest_live(conn, portal_id)
            live = await statements.count_live(conn, portal_id)
        if sealed is None:
            raise NoCredential(portal_id=portal_id)
        return self._open(sealed), live

    async def prove_refresh(self, portal_id: UUID) -> StoredToken:
        """Refresh the newest live credential now, for a person who looks for what is wrong; keep the new pair.

        A refusal changes nothing: the access token may be good for a while. Raises NoCredential, BitrixError;
        OauthUnavailable while another refresh is under way.
        """
        async with self._engine.connect() as conn:
            sealed = await statements.newest_live(conn, portal_id)
        if sealed is None:
            raise NoCredential(portal_id=portal_id)
        if not await self._lease(sealed):
            raise OauthUnavailable(code="refresh_under_way")
        try:
            await asyncio.shield(self._exchange(sealed))
        except BitrixError:
            async with self._engine.begin() as conn:
                await statements.release_refresh(conn, sealed)
            raise
        return await self.current(portal_id)

    async def give_up_newest(self, portal_id: UUID) -> bool:
        """Use the newest live credential no more, where there is another one. Returns whether there was."""
        async with self._engine.begin() as conn:
            sealed = await statements.newest_live(conn, portal_id)
            if sealed is None or await statements.count_live(conn, portal_id) < 2:
                return False
            await statements.mark_dead(conn, sealed, self._now())
        log.info("credential given up", portal_id=str(portal_id), user_id=sealed.user_id)
        return True

    async def _newest(self, portal_id: UUID) -> SealedToken:
        async with self._engine.connect() as conn:
            sealed = await statements.newest_live(conn, portal_id)
        if sealed is None:
            raise NoCredential(portal_id=portal_id)
        if sealed.refused_until and sealed.refused_until > self._now():
            raise _refusal(sealed, sealed.refused_kind, sealed.refused_code, sealed.refused_until - self._now())
        return sealed

    async def _lease(self, sealed: SealedToken) -> bool:
        now = self._now()
        async with self._engine.begin() as conn:
            return await statements.lease_refresh(conn, sealed, now, now + LEASE)

    async def _refresh(self, sealed: SealedToken) -> None:
        try:
            await self._exchange(sealed)
        except BitrixError as error:
            await self._refresh_failed(sealed, error)

    async def _exchange(self, sealed: SealedToken) -> None:
        """Trade a refresh token for a new pair and store it. Raises BitrixError."""
        refresh_token = self._keyring.decrypt(sealed.refresh_token)
        if not refresh_token:
            raise BitrixError(Kind.RIGHTS, "no_refresh_token", method="oauth refresh")
        pair = await self._oauth.refresh(refresh_token, sealed.server_endpoint)
        if pair.member_id != sealed.member_id:
            raise BitrixError(Kind.RIGHTS, "foreign_token_pair", method="oauth refresh")
        now = self._now()
        async with self._engine.begin() as conn:
            await statements.store(
                conn,
                portal_id=sealed.portal_id,
                user_id=sealed.user_id,
                access_token=self._keyring.encrypt(pair.access_token),
                refresh_token=self._keyring.encrypt(pair.refresh_token),
                server_endpoint=sealed.server_endpoint,
                expires_at=now + timedelta(seconds=pair.expires_in),
                now=now,
            )
        log.info("token refreshed", portal_id=str(sealed.portal_id), generation=sealed.generation + 1)

    async def _refresh_failed(self, sealed: SealedToken, error: BitrixError) -> None:
        log.warning("refresh failed", portal_id=str(sealed.portal_id), code=error.code, status=error.status)
        rest = min(FIRST_REST * 2 ** min(sealed.refusals, 10), MAX_REST)
        async with self._engine.begin() as conn:
            if error.kind in _GONE_FOR_GOOD:
                await statements.mark_dead(conn, sealed, self._now())
                return
            if error.kind in _NO_ANSWER:
                await statements.release_refresh(conn, sealed)
            else:
                await statements.note_refusal(conn, sealed, error.kind, error.code, self._now() + rest)
        if error.kind in _NO_ANSWER:
            raise OauthUnavailable(code=error.code)
        raise _refusal(sealed, error.kind, error.code, rest)

    def _open(self, sealed: SealedToken) -> StoredToken:
        return StoredToken(
            portal_id=sealed.portal_id,
            user_id=sealed.user_id,
            member_id=sealed.member_id,
            client_endpoint=sealed.client_endpoint,
            server_endpoint=sealed.server_endpoint,
            bot_id=sealed.bot_id,
            bot_api=sealed.bot_api,
            generation=sealed.generation,
            expires_at=sealed.expires_at,
            access_token=self._keyring.decrypt(sealed.access_token),
            refresh_token=self._keyring.decrypt(sealed.refresh_token),
        )


def _refusal(sealed: SealedToken, kind: str, code: str, rest: timedelta) -> TokenRefused:
    retry_after_s = int(rest.total_seconds()) + 1
    return TokenRefused(portal_id=sealed.portal_id, kind=kind, code=code, retry_after_s=retry_after_s)
