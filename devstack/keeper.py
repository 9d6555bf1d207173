"""Keep one process of the table alive: start it, watch it, start it again when it dies, stop it."""

import asyncio
import contextlib
import os
import signal
import time
from pathlib import Path

from devstack import run_dir as folder
from devstack.errors import StackError
from devstack.output import say
from devstack.processes import GRACE, Process
from devstack.readiness import until
from devstack.spawn import spawn

FIRST_DELAY = 0.2  # seconds before the first restart; doubles with every further death
LONGEST_DELAY = 5.0
HEALTHY_SECONDS = 30.0  # a life this long forgives the deaths before it
KILLED = (-signal.SIGKILL, -signal.SIGTERM)  # from outside: its last lines explain nothing
FIRST_TRIES = 5  # deaths before it was ever ready after which a start is given up


class Keeper:
    """The life of one process over all its restarts."""

    def __init__(self, process: Process, run_dir: Path) -> None:
        self.process = process
        self._run_dir = run_dir
        self._log = folder.log_file(run_dir, process.name)
        self._pid_file = folder.pid_file(run_dir, process.name)
        self._child: asyncio.subprocess.Process | None = None
        self._stopping = asyncio.Event()
        self._first_ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._life = asyncio.create_task(self._live(), name=f"keep {process.name}")

    @property
    def waiting(self) -> bool:
        """Whether the process has never been ready yet."""
        return not self._first_ready.done()

    async def ready(self) -> None:
        """Return when the process was ready for the first time. Raises StackError when that never comes."""
        await asyncio.shield(self._first_ready)

    async def stop(self) -> None:
        """Stop the process and its group: the stop signal, then SIGKILL after the stage's grace."""
        self._stopping.set()
        self._signal(self.process.stop_signal)
        _, late = await asyncio.wait([self._life], timeout=GRACE[self.process.stage])
        if late:
            say(f"{self.process.name}: still there after {GRACE[self.process.stage]:.0f} s, killed")
            self._signal(signal.SIGKILL)
            if self._child is None:  # it was still being prepared
                self._life.cancel()
            await asyncio.wait([self._life])
        self._pid_file.unlink(missing_ok=True)

    async def _live(self) -> None:
        delay, deaths = FIRST_DELAY, 0
        while not self._stopping.is_set():
            began = time.monotonic()
            cause = await self._one_life()
            if self._stopping.is_set():
                return
            deaths += 1
            if self.waiting and deaths == FIRST_TRIES:
                self._first_ready.set_exception(
                    StackError(f"{self.process.name} died {deaths} times before it was ready, see {self._log}")
                )
            delay = FIRST_DELAY if time.monotonic() - began > HEALTHY_SECONDS else delay
            say(f"{self.process.name} died: {cause}; starting it again in {delay:g} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), delay)
            delay = min(delay * 2, LONGEST_DELAY)

    async def _one_life(self) -> str:
        began = time.monotonic()
        try:
            if self.process.prepare is not None:
                await self.process.prepare()
            offset = self._log.stat().st_size if self._log.exists() else 0
            self._child = child = await self._spawn()
        except (StackError, OSError) as error:
            return str(error)
        with contextlib.suppress(OSError):  # a full disk must not end the watch over a running process
            self._pid_file.write_text(f"{child.pid}\n")
        if self._stopping.is_set():  # asked while it was being started
            self._signal(self.process.stop_signal)
        watching = asyncio.create_task(self._announce(child, began))
        code = await child.wait()
        watching.cancel()
        self._signal(signal.SIGKILL)  # what it had started itself goes with it
        self._child = None  # from here on the pid may become somebody else's
        if code not in KILLED and not self._stopping.is_set():
            for line in folder.tail(self._log, offset):
                say(f"{self.process.name} | {line}")
        return f"exit code {code}"

    async def _spawn(self) -> asyncio.subprocess.Process:
        return await spawn(
            self.process.argv,
            self._log,
            env=self.process.env,
            account=self.process.account,
            death_signal=self.process.death_signal,
        )

    async def _announce(self, child: asyncio.subprocess.Process, began: float) -> None:
        await until(self.process.ready)
        seconds = time.monotonic() - began
        say(f"{self.process.name:<17} {self.process.address:<24} pid {child.pid:<8} {seconds:5.1f} s")
        if self.waiting:
            self._first_ready.set_result(None)

    def _signal(self, number: signal.Signals) -> None:
        if self._child is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._child.pid, number)
