"""What the child does to itself before it looks at a stranger's file. Linux.

No RLIMIT_NPROC: it counts the user's threads over the whole machine, the service's own included, and does not bind
root. A new process would inherit the limits and die with the group.
"""

import ctypes
import os
import resource
import signal

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_CLONE_NEWNET, _CLONE_NEWUSER = 0x40000000, 0x10000000


def confine(parent: int, max_memory: int, max_cpu: int) -> None:
    """Give up the network and new rights, die with the thread of `parent` that started this, stay in bounds.

    `max_memory` is bytes of address space, `max_cpu` seconds; no file is written and few are opened. Called while
    this process has one thread. Root needs its CAP_SYS_ADMIN to leave the network, others need user namespaces;
    where neither is to be had (docker's default), the network stays reachable.
    """
    libc = ctypes.CDLL(None)
    if libc.unshare(_CLONE_NEWNET) != 0:
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # after unshare, which clears it
    if os.getppid() != parent:
        os._exit(1)  # the parent died before the signal was set
    for kind, soft, hard in (
        (resource.RLIMIT_AS, max_memory, max_memory),
        (resource.RLIMIT_CPU, max_cpu, max_cpu + 1),
        (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_NOFILE, 64, 64),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        resource.setrlimit(kind, (soft, hard))
