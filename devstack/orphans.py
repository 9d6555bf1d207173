"""Engines of a killed earlier run that still hold a data directory."""

import asyncio
import contextlib
import os
import signal
from pathlib import Path

from devstack.errors import StackError

PATIENCE = 10.0  # seconds for a clean stop before SIGKILL


def holders(data_dir: Path, program: str) -> list[int]:
    """Pids of the processes of `program` whose working directory is `data_dir`; empty without /proc.

    Both engines change into their data directory, so this also finds Postgres backends whose
    postmaster is gone, and is not fooled by a pid that was given to another program.
    """
    wanted = data_dir.resolve()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # gone meanwhile, or not ours
            if (entry / "cwd").readlink() == wanted and (entry / "exe").readlink().name == program:
                found.append(int(entry.name))
    return found


async def stop_holders(data_dir: Path, program: str, stop_signal: signal.Signals) -> int:
    """Stop whatever `holders` finds and wait until it is gone; returns how many there were.

    Raises StackError when something survives SIGKILL for as long as a clean stop may take.
    """
    found = holders(data_dir, program)
    for number, targets in ((stop_signal, _leaders), (signal.SIGKILL, list[int])):
        for pid in targets(holders(data_dir, program)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        if await _gone(data_dir, program):
            return len(found)
    raise StackError(f"{program} of an earlier run still holds {data_dir} (pids {holders(data_dir, program)})")


def _leaders(pids: list[int]) -> list[int]:
    """Those whose parent is not among them: a postmaster stops its own backends, in its own order."""
    return [pid for pid in pids if _parent(pid) not in pids]


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[1])
    except OSError:  # gone meanwhile
        return 0


async def _gone(data_dir: Path, program: str) -> bool:
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while holders(data_dir, program):
        if asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(0.05)
    return True
