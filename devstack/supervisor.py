"""All processes of one run: started when their turn comes, stopped in reverse order."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

from devstack import run_dir as folder
from devstack.errors import StackError
from devstack.keeper import Keeper
from devstack.output import say
from devstack.processes import Process, Stage
from devstack.spawn import spawn


class Supervisor:
    """Owner of the keepers of one run."""

    def __init__(self, run_dir: Path) -> None:
        self._run_dir = run_dir
        self._keepers: list[Keeper] = []

    async def start(self, process: Process) -> None:
        """Start `process`, keep it alive from now on, and return when it is ready.

        Raises StackError when it keeps dying before that.
        """
        keeper = Keeper(process, self._run_dir)
        self._keepers.append(keeper)
        await keeper.ready()

    def waiting(self) -> list[str]:
        """Names of the processes that were started and have never been ready yet."""
        return [keeper.process.name for keeper in self._keepers if keeper.waiting]

    async def run_once(self, name: str, argv: Sequence[str | Path], env: Mapping[str, str]) -> None:
        """Run a command to its end. Raises StackError, after showing its last lines, when it fails."""
        log = folder.log_file(self._run_dir, name)
        offset = log.stat().st_size if log.exists() else 0
        child = await spawn(argv, log, env=env)
        try:
            code = await child.wait()
        except asyncio.CancelledError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            raise
        if code != 0:
            for line in folder.tail(log, offset):
                say(f"{name} | {line}")
            raise StackError(f"{name} failed with exit code {code}, see {log}")

    async def stop(self) -> None:
        """Stop everything, one stage after another, the last started stage first."""
        for stage in sorted(Stage, reverse=True):
            await asyncio.gather(*(keeper.stop() for keeper in self._keepers if keeper.process.stage is stage))
        self._keepers.clear()
