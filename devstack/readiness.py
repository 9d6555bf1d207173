"""Wait for a process to become ready, or learn that it never will."""

import asyncio
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable
from pathlib import Path

from devstack.errors import StackError

Probe = Callable[[], Awaitable[bool]]

PAUSE = 0.05  # seconds between two looks


async def wait_ready(name: str, process: Process, probe: Probe, seconds: float, log: Path) -> None:
    """Return when `probe` says yes.

    Raises StackError, naming `log`, when the process ends first or is not ready within `seconds`.
    """
    deadline = asyncio.get_running_loop().time() + seconds
    while not await probe():
        if process.returncode is not None:
            raise StackError(f"{name} exited with {process.returncode} before it was ready, see {log}")
        if asyncio.get_running_loop().time() > deadline:
            raise StackError(f"{name} is not ready after {seconds:.0f} s, see {log}")
        await asyncio.sleep(PAUSE)
