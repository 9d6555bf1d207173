"""Which hosts may be called at all: https and public ones, plus those named for development.

A portal's endpoint comes from the OAuth server, but an administrator of a boxed portal chooses its host
(contract 1.5), so it is judged again before each connection is made.
"""

import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from bitrix.errors import BitrixError, Kind

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_LEADING_TO_IPV4 = [ipaddress.ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "::/96")]
"""NAT64, the local NAT64 (RFC 8215) and IPv4-compatible addresses; the IPv4 one stands at the end."""


class EndpointPolicy:
    """Judges URLs. `dev_hosts` (TB_BITRIX_DEV_HOSTS): `host[:port]` or CIDR that may be plain or private."""

    def __init__(self, dev_hosts: Iterable[str]) -> None:
        self._names: set[str] = set()
        self._networks: list[Network] = []
        for entry in filter(None, (host.strip().lower() for host in dev_hosts)):
            if "/" in entry:
                self._networks.append(ipaddress.ip_network(entry, strict=False))
            else:
                self._names.add(entry)

    def check_url(self, url: str) -> None:
        """Raise BitrixError(CONFIG, endpoint_forbidden) unless the URL is https or names a dev host."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            raise _forbidden("the address cannot be read") from None
        if self._is_named(host, port):
            return
        if parts.scheme != "https" or not host or parts.username is not None:
            raise _forbidden("only https addresses of portals may be called")
        if literal := _as_address(host):
            self.check_address(host, port, literal)

    def check_address(self, host: str, port: int | None, address: str) -> None:
        """Raise BitrixError(CONFIG, endpoint_forbidden) unless the resolved address is public or named."""
        if self._is_named(host.lower(), port):
            return
        parsed = ipaddress.ip_address(address)
        if any(parsed in network for network in self._networks):
            return
        if any(not one.is_global or one.is_multicast for one in (parsed, *_inside(parsed))):
            raise _forbidden("the host has a private, loopback or link-local address")

    def _is_named(self, host: str, port: int | None) -> bool:
        if host in self._names or f"{host}:{port}" in self._names:
            return True
        literal = _as_address(host)
        return literal is not None and any(ipaddress.ip_address(literal) in network for network in self._networks)


def _inside(address: Address) -> list[Address]:
    """Return the IPv4 address that an IPv6 one leads to: mapped, 6to4, Teredo, NAT64."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    carried: list[Address | None] = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if any(address in net for net in _LEADING_TO_IPV4):
        carried.append(ipaddress.IPv4Address(address.packed[-4:]))
    return [one for one in carried if one is not None]


def _as_address(host: str) -> str | None:
    """Return the address that a literal host means in any notation the resolver takes (127.1, 0x7f000001)."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return None


def _forbidden(why: str) -> BitrixError:
    return BitrixError(Kind.CONFIG, "endpoint_forbidden", description=why)
