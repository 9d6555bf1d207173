"""An install is a claim until the OAuth server confirms its token (contract 1.5)."""

import asyncio
from typing import Protocol
from weakref import WeakValueDictionary

from bitrix.errors import BitrixError, Kind
from bitrix.oauth import AppInfo, OAuthServer
from portal.attempts import Attempts, source_of
from portal.domain import VerifiedInstall, base_of, portal_id_of
from portal.errors import InstallNotVerified, OauthUnavailable, TooManyAttempts

FREE_FAILURES = 10
_AT_ONCE = 4
_PAUSE_S = 0.8
_ASK_AGAIN = {Kind.UNKNOWN, Kind.TRANSPORT, Kind.SERVER, Kind.THROTTLE}


class InstallClaim(Protocol):
    """What a stranger says; nothing of it is believed but what the OAuth server repeats."""

    access_token: str
    refresh_token: str
    expires_in: int
    member_id: str
    application_token: str
    server_endpoint: str
    remote_ip: str


class Verifier:
    """Verifies claims, within a limit for each source address.

    A source that failed too often is not shut out, for behind its address may stand an honest install: who
    verifies is let in, and only who fails again hears when to come back. But a source is verified a few at a time,
    and while it is over the limit a failure keeps its place: five calls of the OAuth server a second at most.
    """

    def __init__(self, oauth: OAuthServer, failures: Attempts) -> None:
        self._oauth = oauth
        self._failures = failures
        self._places: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def verify(self, claim: InstallClaim) -> VerifiedInstall:
        """Return the install. Raises InstallNotVerified, TooManyAttempts, OauthUnavailable."""
        source = source_of(claim.remote_ip)
        places = self._places.setdefault(source, asyncio.Semaphore(_AT_ONCE))
        async with places:
            is_over = await self._failures.locked_s(source)
            try:
                return await verify(self._oauth, claim)
            except InstallNotVerified:
                retry_after_s = await self._failures.failed(source)
                if not is_over:
                    raise
                await asyncio.sleep(_PAUSE_S)
        raise TooManyAttempts(retry_after_s=retry_after_s)


def may_pass(error: BitrixError) -> bool:
    """Return whether the OAuth server may say otherwise when it is asked again."""
    return error.kind in _ASK_AGAIN and error.status not in {400, 401, 403}


async def verify(oauth: OAuthServer, claim: InstallClaim) -> VerifiedInstall:
    """Return the install as the OAuth server tells it. Raises InstallNotVerified, OauthUnavailable."""
    try:
        info = await oauth.app_info(claim.access_token, claim.server_endpoint)
    except BitrixError as error:
        if may_pass(error):
            raise OauthUnavailable(code=error.code) from None
        raise InstallNotVerified(why="it does not know the token") from None
    _require(info, oauth.client_id, claim.member_id)
    return VerifiedInstall(
        portal_id=portal_id_of(info.member_id),
        member_id=info.member_id,
        domain=info.domain.lower(),
        client_endpoint=base_of(info.client_endpoint),
        server_endpoint=claim.server_endpoint,
        user_id=info.user_id,
        is_finished=info.installed,
        access_token=claim.access_token,
        refresh_token=claim.refresh_token,
        expires_in=claim.expires_in or 3600,
        application_token=claim.application_token,
    )


def _require(info: AppInfo, client_id: str, member_id: str) -> None:
    if info.client_id != client_id:
        raise InstallNotVerified(why="the token is of another application")
    if info.member_id != member_id.lower():
        raise InstallNotVerified(why="the token is of another portal")
