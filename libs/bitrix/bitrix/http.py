"""The HTTP client of a process: keep-alive pools, no redirects, addresses judged when they are resolved.

aiohttp, for its parser is C: a call over httpx cost five times the processor time.
"""

import asyncio
import socket
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager

import aiohttp
import yarl
from aiohttp.abc import AbstractResolver, ResolveResult

from bitrix.endpoint import EndpointPolicy

CONNECT_S = 5.0
QUEUE_S = 5.0
"""To wait for a connection of the pool."""
READ_S = 15.0
"""Of each step; `bitrix.client` and `bitrix.oauth` bound the whole."""
MAX_CONNECTIONS = 400
"""Fifty portals may hang with all their connections (client.PER_PORTAL) before others notice."""
KEEP_ALIVE_S = 30.0
_HEADERS = {"User-Agent": "TeachbaseAI/1.0", "Accept": "application/json", "Accept-Encoding": "identity"}


class GuardedResolver(AbstractResolver):
    """Gives only addresses that were judged; they are connected to as given, so DNS cannot change in between."""

    def __init__(self, policy: EndpointPolicy) -> None:
        self._policy = policy

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of `host`. Raises OSError, and BitrixError when the policy forbids any of them."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family)
        for *_, address in found:
            self._policy.check_address(host, port, str(address[0]))
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=port,
                family=kind,
                proto=protocol,
                flags=socket.AI_NUMERICHOST,
            )
            for kind, _, protocol, _, address in found
        ]

    async def close(self) -> None:
        """Nothing is held."""


class Pool:
    """Connections to anywhere that the policy allows."""

    def __init__(self, policy: EndpointPolicy) -> None:
        self._policy = policy
        self._session: aiohttp.ClientSession | None = None
        self.timeout = aiohttp.ClientTimeout(connect=QUEUE_S + CONNECT_S, sock_connect=CONNECT_S, sock_read=READ_S)

    def request(
        self, verb: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        """Send a request; entering gives the answer's head. `EndpointPolicy.check_url` has judged the URL before.

        Raises aiohttp.ClientError, TimeoutError, BitrixError for an address that the policy forbids.
        """
        if self._session is None:  # with the first request, because it needs a running loop
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    resolver=GuardedResolver(self._policy), limit=MAX_CONNECTIONS, keepalive_timeout=KEEP_ALIVE_S
                ),
                headers=_HEADERS,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            )
        return self._session.request(
            verb,
            yarl.URL(url, encoded=True),
            data=body,
            headers=headers,
            allow_redirects=False,
            timeout=self.timeout,
        )

    async def aclose(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()


def client(policy: EndpointPolicy) -> Pool:
    """Return the process's client; close it with `aclose()`."""
    return Pool(policy)
