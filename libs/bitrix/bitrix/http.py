"""The HTTP client of a process: keep-alive pools, no redirects, addresses judged when they are resolved."""

import logging
import socket
from collections.abc import Iterable

import anyio
import httpcore
import httpx

from bitrix.endpoint import EndpointPolicy

TIMEOUT = httpx.Timeout(15.0, connect=5.0, pool=5.0)
"""Of each step; `bitrix.client` and `bitrix.oauth` bound the whole."""
LIMITS = httpx.Limits(max_connections=400, max_keepalive_connections=100, keepalive_expiry=30.0)
"""Fifty portals may hang with all their connections (client.PER_PORTAL) before others notice."""
USER_AGENT = "TeachbaseAI/1.0"


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Connects to the very address that was judged, so DNS cannot change in between."""

    def __init__(self, policy: EndpointPolicy) -> None:
        self._policy = policy
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of `host`; raises BitrixError when the policy forbids any of them."""
        try:
            found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(f"cannot resolve {host}") from error
        addresses = [str(info[4][0]) for info in found]
        for address in addresses:
            self._policy.check_address(host, port, address)
        return await self._backend.connect_tcp(addresses[0], port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._backend.sleep(seconds)


def client(policy: EndpointPolicy) -> httpx.AsyncClient:
    """Return the process's client; close it with `aclose()`."""
    # At INFO httpx tells every URL, and one of the OAuth server's holds a token (contract 1.5).
    logging.getLogger("httpx").setLevel(logging.WARNING)
    transport = httpx.AsyncHTTPTransport(limits=LIMITS)
    pool = transport._pool  # noqa: SLF001 - httpx offers no other way to give httpcore a network backend
    pool._network_backend = GuardedBackend(policy)  # noqa: SLF001 - as above
    return httpx.AsyncClient(
        transport=transport,
        timeout=TIMEOUT,
        follow_redirects=False,
        headers={"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "identity"},
        trust_env=False,
    )
