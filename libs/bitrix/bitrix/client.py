"""Calls of a portal's REST with a token (contract 3.1)."""

from dataclasses import dataclass, field
from typing import Any

import httpx

from bitrix.endpoint import EndpointPolicy
from bitrix.transport import exchange


@dataclass(frozen=True)
class Credential:
    """Where and with what a portal is called."""

    member_id: str
    client_endpoint: str
    access_token: str = field(repr=False)


class BitrixClient:
    """Calls REST methods. It does not wait for the limiter and does not retry: its callers own both."""

    def __init__(self, http: httpx.AsyncClient, policy: EndpointPolicy) -> None:
        self._http = http
        self._policy = policy

    async def call(self, credential: Credential, method: str, params: dict[str, Any]) -> Any:
        """Return the `result` of a method. Raises BitrixError.

        The token travels in the body, because addresses get logged (contract 3.1).
        """
        url = f"{credential.client_endpoint}{method}"
        self._policy.check_url(url)
        request = self._http.build_request(
            "POST",
            url,
            json={**params, "auth": credential.access_token},
        )
        answer = await exchange(self._http, self._policy, method, request)
        return answer.get("result")
