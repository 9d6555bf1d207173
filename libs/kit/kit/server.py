"""gRPC servers, the same for every context."""

from collections.abc import Callable
from typing import Any

import grpc
from google.protobuf import descriptor_pool
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from kit.config import PLAIN, SettingsError, TransportSettings
from kit.interceptors import Border
from kit.rpc import OPTIONS
from kit.tls import Certificates

_SERVER_OPTIONS = [
    *OPTIONS,
    ("grpc.so_reuseport", 0),
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
]
_LOOPBACK = ("127.0.0.1:", "localhost:", "[::1]:")


class Server:
    """A gRPC server with reflection, the health protocol and the house's one interceptor."""

    def __init__(self, address: str, transport: TransportSettings = PLAIN) -> None:
        """Bind `host:port` (port 0 = any free one, see `port`). Raises RuntimeError when it is taken.

        With certificates it serves those whom the call graph lets call; without, on loopback only. Raises
        SettingsError.
        """
        if not (transport.has_tls or transport.plain_grpc == "anywhere" or address.startswith(_LOOPBACK)):
            raise SettingsError(
                f"{address} is not loopback and there is no certificate: set TB_TLS_CERT_FILE, TB_TLS_KEY_FILE "
                "and TB_TLS_CA_FILE, or TB_PLAIN_GRPC=anywhere where a service mesh sees to who calls"
            )
        border = Border(knows_callers=transport.has_tls)
        self._server = grpc.aio.server(interceptors=[border], options=_SERVER_OPTIONS)
        self._health = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        self._names = [health_pb2.DESCRIPTOR.services_by_name["Health"].full_name, reflection.SERVICE_NAME]
        self.port = (
            self._server.add_secure_port(address, Certificates(transport).server_credentials())
            if transport.has_tls
            else self._server.add_insecure_port(address)
        )

    def add(self, register: Callable[[Any, grpc.aio.Server], None], servicer: object, full_name: str) -> None:
        """Serve one service: its generated `add_*_to_server`, its servicer and its full proto name."""
        register(servicer, self._server)
        self._names.append(full_name)

    async def start(self) -> None:
        """Begin to serve and say SERVING for the whole server and each service. Raises KeyError.

        The code of a service does not import its own file where no message of it is there, and reflection would
        then tell nothing of it: better no start than a service that nobody can look into.
        """
        for name in self._names:
            descriptor_pool.Default().FindServiceByName(name)
        reflection.enable_server_reflection(self._names, self._server)
        await self._server.start()
        await self.tell_all(serving=True)

    async def tell(self, name: str, *, serving: bool) -> None:
        """Say in the health protocol whether one name serves: a service's, or that of what it depends on."""
        state = health_pb2.HealthCheckResponse.SERVING if serving else health_pb2.HealthCheckResponse.NOT_SERVING
        await self._health.set(name, state)

    async def tell_all(self, *, serving: bool) -> None:
        """Say so of the whole server and each of its services."""
        for name in ["", *self._names]:
            await self.tell(name, serving=serving)

    async def stop(self, grace_s: float) -> None:
        """Say NOT_SERVING, take no new calls and give those under way `grace_s` seconds."""
        await self.tell_all(serving=False)
        await self._server.stop(grace_s)
