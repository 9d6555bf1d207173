"""The OAuth server: who a token belongs to, and a new pair for an old one (contract 1.5, 2)."""

import asyncio
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from bitrix.endpoint import EndpointPolicy
from bitrix.errors import BitrixError, Kind
from bitrix.http import Pool
from bitrix.transport import Request, exchange

REGIONS = ("oauth.bitrix24.tech", "oauth.bitrix.info")
"""The two authorization regions; the first is asked when the portal names neither (contract 2.1)."""

TOTAL_S = 8.0
"""Of one exchange with all that belongs to it; under the 15 s for which portal holds a refresh."""


@dataclass(frozen=True)
class AppInfo:
    """What the OAuth server says of an access token."""

    client_id: str
    member_id: str
    client_endpoint: str
    domain: str
    scope: str
    user_id: int
    installed: bool
    version: str
    status: str


@dataclass(frozen=True)
class TokenPair:
    """A new pair of tokens; the old refresh token is spent."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int
    member_id: str
    client_endpoint: str


class OAuthServer:
    """Asks the OAuth server. The client secret goes nowhere else."""

    def __init__(
        self,
        http: Pool,
        policy: EndpointPolicy,
        base_url: str,
        client_id: str,
        client_secret: str,
    ) -> None:
        """Take `base_url` to ask one fixed server (TB_BITRIX_OAUTH_URL); empty = the portal's own region."""
        self._http = http
        self._policy = policy
        self._base_url = base_url.rstrip("/")
        self.client_id = client_id
        self._client_secret = client_secret

    async def app_info(self, access_token: str, server_endpoint: str) -> AppInfo:
        """Return whose token this is. Raises BitrixError; UNKNOWN, TRANSPORT, SERVER = ask again later."""
        query = urlencode({"auth": access_token})
        request = Request("GET", f"{self._base(server_endpoint)}/rest/app.info?{query}")
        answer = await self._exchange("oauth app.info", request, (access_token,))
        return _app_info(answer.get("result"))

    async def refresh(self, refresh_token: str, server_endpoint: str) -> TokenPair:
        """Trade a refresh token for a new pair. Raises BitrixError."""
        given = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return await self._tokens("oauth refresh", given, server_endpoint, refresh_token)

    async def redeem(self, code: str, server_endpoint: str) -> TokenPair:
        """Trade the code of an authorization, which lives 30 s, for a pair (contract 2.1). Raises BitrixError."""
        given = {"grant_type": "authorization_code", "code": code}
        return await self._tokens("oauth code", given, server_endpoint, code)

    async def _tokens(self, method: str, given: dict[str, str], server_endpoint: str, secret: str) -> TokenPair:
        """Ask for a pair; a POST form keeps secrets out of logs."""
        form = urlencode({**given, "client_id": self.client_id, "client_secret": self._client_secret})
        url = f"{self._base(server_endpoint)}/oauth/token/"
        request = Request("POST", url, form.encode(), "application/x-www-form-urlencoded")
        answer = await self._exchange(method, request, (secret, self._client_secret))
        return _token_pair(answer)

    async def _exchange(self, method: str, request: Request, secrets: tuple[str, ...]) -> dict[str, Any]:
        ends_at = asyncio.get_running_loop().time() + TOTAL_S
        return await exchange(self._http, self._policy, method, request, ends_at=ends_at, secrets=secrets)

    def _base(self, server_endpoint: str) -> str:
        if self._base_url:
            return self._base_url
        host = urlsplit(server_endpoint).hostname or ""
        return f"https://{host if host in REGIONS else REGIONS[0]}"


def _app_info(result: Any) -> AppInfo:
    try:
        install = result["install"]
        return AppInfo(
            client_id=str(result["client_id"]),
            member_id=str(install["member_id"]).lower(),
            client_endpoint=str(install["client_endpoint"]),
            domain=str(install.get("domain") or urlsplit(str(install["client_endpoint"])).hostname),
            scope=str(result.get("scope") or ""),
            user_id=int(result["user_id"]),
            installed=install.get("installed") in {True, "Y", "1"},
            version=str(install.get("version") or ""),
            status=str(install.get("status") or ""),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BitrixError(Kind.SERVER, "not_app_info", method="oauth app.info") from None


def _token_pair(answer: dict[str, Any]) -> TokenPair:
    try:
        return TokenPair(
            access_token=str(answer["access_token"]),
            refresh_token=str(answer["refresh_token"]),
            expires_in=int(answer.get("expires_in") or 3600),
            member_id=str(answer["member_id"]).lower(),
            client_endpoint=str(answer["client_endpoint"]),
        )
    except (KeyError, TypeError, ValueError):
        raise BitrixError(Kind.SERVER, "not_a_token_pair", method="oauth refresh") from None
