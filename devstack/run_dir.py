"""The folder that holds the state of one stack: its lock, logs, pid files and the engines' data."""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from devstack.errors import StackError

ROTATE_BYTES = 50 * 1024 * 1024


@contextlib.contextmanager
def locked(run_dir: Path) -> Iterator[None]:
    """Hold `run_dir` (made when missing) for this process. Raises StackError while another one holds it."""
    run_dir.mkdir(parents=True, exist_ok=True)
    with (run_dir / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StackError(
                f"a stack already runs in {run_dir} (pid {holder(run_dir)}): stop it or set TB_RUN_DIR"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        try:
            yield
        finally:
            lock.truncate(0)


def holder(run_dir: Path) -> int | None:
    """The pid that last locked `run_dir`; None when nobody ever did."""
    try:
        return int((run_dir / "lock").read_text())
    except (FileNotFoundError, ValueError):
        return None


def prepare(run_dir: Path) -> None:
    """Make the folders, set long logs aside and drop the pid files of a killed run."""
    for name in ("logs", "pids", "spool"):
        (run_dir / name).mkdir(exist_ok=True)
    bound_logs(run_dir)
    for stale in (run_dir / "pids").glob("*.pid"):
        stale.unlink()


def bound_logs(run_dir: Path) -> None:
    """Set logs over 50 MB aside, one for each process; their writers go on, in the same file.

    Who has a file open cannot be told to open another, so it is copied and emptied, as logrotate's copytruncate
    does: what is written between the last look and the emptying is lost, and a disk too full for a copy gets none.
    """
    for log in (run_dir / "logs").glob("*.log"):
        if log.stat().st_size > ROTATE_BYTES:
            aside = log.with_suffix(".log.1")
            try:
                _copy(log, aside)
            except OSError:
                aside.unlink(missing_ok=True)
            os.truncate(log, 0)


def _copy(log: Path, aside: Path) -> None:
    with log.open("rb") as source, aside.open("wb") as target:
        while source.tell() < os.fstat(source.fileno()).st_size:  # what came meanwhile too
            shutil.copyfileobj(source, target, 1024 * 1024)


def log_file(run_dir: Path, name: str) -> Path:
    """Where the process `name` writes both of its outputs."""
    return run_dir / "logs" / f"{name}.log"


def pid_file(run_dir: Path, name: str) -> Path:
    """Where the pid of the process `name` stands while it is wanted."""
    return run_dir / "pids" / f"{name}.pid"


def tail(log: Path, offset: int, lines: int = 20) -> list[str]:
    """The last `lines` lines written to `log` after byte `offset`; none when it cannot be read."""
    try:
        with log.open("rb") as file:
            file.seek(max(offset, log.stat().st_size - 64 * 1024))
            return file.read().decode(errors="replace").splitlines()[-lines:]
    except OSError:
        return []
