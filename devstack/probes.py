"""Questions that tell whether a server is ready. Each answers False for whatever goes wrong."""

import asyncio

import grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

from kit.config import PLAIN, TransportSettings
from kit.tls import Certificates

SECONDS = 2.0


async def http_ok(port: int, path: str) -> bool:
    """Whether GET `path` on 127.0.0.1:`port` answers 200."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
    try:
        async with asyncio.timeout(SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request.encode())
            status = await reader.readline()
            writer.close()
            await writer.wait_closed()
    except (OSError, TimeoutError):
        return False
    return status.split(b" ")[1:2] == [b"200"]


async def grpc_serving(address: str, peer: str = "", transport: TransportSettings = PLAIN) -> bool:
    """Whether the gRPC health service of `peer` at `address` (host:port) says SERVING for the whole server."""
    if not await _accepts(address):  # a channel would wait a second after a refused connection
        return False
    async with _channel(address, peer, transport) as channel:
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=HealthCheckRequest.SerializeToString,
            response_deserializer=HealthCheckResponse.FromString,
        )
        try:
            answer = await check(HealthCheckRequest(), timeout=SECONDS)
        except grpc.RpcError:
            return False
    return answer.status == HealthCheckResponse.SERVING


def _channel(address: str, peer: str, transport: TransportSettings) -> grpc.aio.Channel:
    if not transport.has_tls:
        return grpc.aio.insecure_channel(address)
    credentials = Certificates(transport).current().of_client()
    return grpc.aio.secure_channel(address, credentials, options=[("grpc.ssl_target_name_override", peer)])


async def _accepts(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        async with asyncio.timeout(SECONDS):
            _, writer = await asyncio.open_connection(host, int(port))
            writer.close()
            await writer.wait_closed()
    except (OSError, TimeoutError):
        return False
    return True
