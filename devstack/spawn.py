"""Start one child process that cannot outlive this one."""

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Account:
    """Whom a child runs as: the caller, the caller behind a user namespace, or another uid."""

    seen_as: int | None = None  # the uid that the child takes itself for, in a user namespace of its own
    uid: int | None = None


CALLER = Account()


def enter_user_namespace(seen_as: int) -> None:
    """Make this process take itself for uid and gid `seen_as`; its files stay owned by the real uid.

    Raises OSError where the kernel or a sandbox refuses.
    """
    uid, gid = os.getuid(), os.getgid()
    if _libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare(CLONE_NEWUSER) refused")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{seen_as} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{seen_as} {gid} 1")


def die_with(parent: int, death_signal: signal.Signals) -> None:
    """Ask the kernel to send this process `death_signal` when `parent` dies; Linux only, else nothing."""
    if sys.platform != "linux":
        return
    _libc.prctl(PR_SET_PDEATHSIG, int(death_signal))
    if os.getppid() != parent:  # it died between the fork and the call above
        os.kill(os.getpid(), signal.SIGKILL)


def _before_exec(account: Account, death_signal: signal.Signals) -> Callable[[], None]:
    parent = os.getpid()

    def run() -> None:
        if account.seen_as is not None:
            enter_user_namespace(account.seen_as)
        die_with(parent, death_signal)  # last: a change of credentials clears it

    return run


async def spawn(
    argv: Sequence[str | Path],
    log: Path,
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    account: Account = CALLER,
    death_signal: signal.Signals = signal.SIGKILL,
) -> asyncio.subprocess.Process:
    """Start `argv` in a session of its own, with both outputs appended to `log`.

    Must be called in the main thread: the kernel sends `death_signal` when the forking thread ends.
    Raises OSError when the program cannot be executed.
    """
    with log.open("ab") as output:
        return await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=env,
            cwd=cwd,
            start_new_session=True,
            user=account.uid,
            group=account.uid,
            extra_groups=None if account.uid is None else [],
            preexec_fn=_before_exec(account, death_signal),
        )
