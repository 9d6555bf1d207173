"""A child of a process that speaks gRPC is born with one thread: with more it may not enter a user namespace."""

import asyncio
import os
import sys
from pathlib import Path

import grpc

from kit.server import Server


async def test_a_fork_of_a_process_that_serves_grpc_has_one_thread() -> None:
    server = Server("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        await channel.channel_ready()
    reader, writer = os.pipe()

    def count() -> None:
        os.write(writer, str(len(list(Path("/proc/self/task").iterdir()))).encode())

    for _ in range(5):
        await (await asyncio.create_subprocess_exec(sys.executable, "-c", "", preexec_fn=count)).wait()
    await server.stop(0)
    os.close(writer)

    assert os.read(reader, 100) == b"11111"
    os.close(reader)
