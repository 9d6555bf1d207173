"""`python -m devstack reset`: stop what runs in the run directory and delete it."""

import asyncio
import contextlib
import os
import shutil
import signal
import time
from pathlib import Path

from devstack import postgres, redis, run_dir
from devstack.errors import StackError
from devstack.orphans import stop_holders
from devstack.output import say

STOP_SECONDS = 20.0


async def reset(folder: Path) -> None:
    """Stop the stack of `folder` and delete `folder`; without one there is nothing to do.

    Raises StackError when it is no run directory or its stack does not stop.
    """
    if not _is_run_dir(folder):
        say(f"nothing to delete: {folder} does not exist")
        return
    await _stop_stack(folder)
    with run_dir.locked(folder):
        await stop_holders(folder / "postgres", "postgres", postgres.STOP_SIGNAL)
        await stop_holders(folder / "redis", redis.binary().name, redis.STOP_SIGNAL)
        shutil.rmtree(folder)
    say(f"deleted {folder}")


def _is_run_dir(folder: Path) -> bool:
    if folder.exists() and not (folder / "lock").exists():
        raise StackError(f"{folder} was not made by `make run`: not deleted")
    return folder.exists()


async def _stop_stack(folder: Path) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    signalled = False
    while _is_held(folder):
        pid = run_dir.holder(folder)
        if pid is not None and not signalled:
            os.kill(pid, signal.SIGTERM)
            signalled = True
        if time.monotonic() > deadline:
            raise StackError(f"the stack in {folder} (pid {pid}) does not stop")
        await asyncio.sleep(0.1)


def _is_held(folder: Path) -> bool:
    with contextlib.suppress(StackError), run_dir.locked(folder):
        return False
    return True
