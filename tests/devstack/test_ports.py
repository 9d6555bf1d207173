"""Ports that servers listen on, beside what the kernel gives to clients."""

import socket
import struct
from pathlib import Path

import grpc
import pytest

from devstack.ports import held, is_free
from kit.server import Server

CLIENTS = Path("/proc/sys/net/ipv4/ip_local_port_range")
AT_ONCE_GONE = struct.pack("ii", 1, 0)  # no TIME_WAIT: the next connection may have the same port


def ports_of_clients() -> set[int]:
    """The ports that the kernel gives to very many connections: all that it would give to any."""
    seen = set()
    with socket.create_server(("127.0.0.1", 0)) as server:
        for _ in range(60_000):
            with socket.create_connection(server.getsockname()) as client, server.accept()[0]:
                seen.add(client.getsockname()[1])
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE_GONE)
    return seen


@pytest.mark.skipif(not CLIENTS.exists(), reason="another kernel")
def test_no_connection_is_given_a_port_that_is_held() -> None:
    lowest = int(CLIENTS.read_text().split()[0])
    even = lowest + lowest % 2  # the kernel gives those first
    port = next(port for port in range(even + 1234, even + 3234, 2) if is_free(port))

    with held(port):
        while_held = ports_of_clients()
    afterwards = ports_of_clients()

    assert port not in while_held
    assert port in afterwards


async def test_a_server_listens_on_a_held_port_again_and_again_and_no_second_one_beside_it() -> None:
    with held(21998):
        first = Server("127.0.0.1:21998")
        await first.start()
        with pytest.raises(RuntimeError):
            Server("127.0.0.1:21998")
        await first.stop(0)
        again = Server("127.0.0.1:21998")
        await again.start()
        async with grpc.aio.insecure_channel("127.0.0.1:21998") as channel:
            await channel.channel_ready()
        await again.stop(0)
