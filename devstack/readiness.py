"""Wait for a process to become ready, or learn that it never will."""

import asyncio
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable
from pathlib import Path

from devstack.errors import StackError

Probe = Callable[[], Awaitable[bool]]

PAUSE = 0.05  # seconds between two looks


async def until(probe: Probe) -> None:
    """Return when `probe` says yes."""
    while True:
        if await probe():
            return
        await asyncio.sleep(PAUSE)


async def wait_ready(name: str, process: Process, probe: Probe, seconds: float, log: Path) -> None:
    """Return when `probe` says yes.

    Raises StackError, naming `log`, when the process ends first or is not ready within `seconds`.
    """
    ready, ended = asyncio.create_task(until(probe)), asyncio.create_task(process.wait())
    await asyncio.wait([ready, ended], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    if not ready.done():
        ready.cancel()
        what = f"exited with {ended.result()}" if ended.done() else f"not ready after {seconds:.0f} s"
        ended.cancel()
        raise StackError(f"{name}: {what}, see {log}")
    ended.cancel()
