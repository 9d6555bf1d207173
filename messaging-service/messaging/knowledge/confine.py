"""What the child does to itself before it looks at a stranger's file. Linux.

Two walls that the kernel may not give are taken where it does: a network of its own (root's CAP_SYS_ADMIN, or user
namespaces; docker's default has neither) and Landlock (Linux 5.13, no right needed).

No RLIMIT_NPROC: it counts the user's threads over the whole machine, the service's own included, and does not bind
root. A new process would inherit the walls and die with the group.
"""

import ctypes
import os
import resource
import signal
import sys
from pathlib import Path

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_CLONE_NEWNET, _CLONE_NEWUSER = 0x40000000, 0x10000000
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on x86-64 and arm64
_VERSION_FLAG, _PATH_BENEATH = 1, 1
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_HANDLED_FS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
"""All accesses to files that a version of Landlock knows."""


class _Ruleset(ctypes.Structure):
    _fields_ = (("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("access", ctypes.c_uint64), ("parent", ctypes.c_int32))


def confine(parent: int, max_memory: int, max_cpu: int) -> None:
    """Give up files, network and new rights, die with the thread of `parent` that started this, stay in bounds.

    `max_memory` is bytes of address space, `max_cpu` seconds. What is open stays open, and Python's modules may
    still be read. Called while this process has one thread.
    """
    libc = ctypes.CDLL(None)
    if libc.unshare(_CLONE_NEWNET) != 0:
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # after unshare, which clears it
    if os.getppid() != parent:
        os._exit(1)  # the parent died before the signal was set
    _leave_files(libc)
    for kind, soft, hard in (
        (resource.RLIMIT_AS, max_memory, max_memory),
        (resource.RLIMIT_CPU, max_cpu, max_cpu + 1),
        (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_NOFILE, 64, 64),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        resource.setrlimit(kind, (soft, hard))


def _leave_files(libc: ctypes.CDLL) -> None:
    """Have Landlock refuse all files but Python's modules, TCP, and signals to others.

    So the environment and the keys of the parent, which /proc and the disk show to its own user, stay its own.
    """
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION_FLAG)
    if version < 1:
        return
    handled = _HANDLED_FS[max(known for known in _HANDLED_FS if known <= version)]
    rules = _Ruleset(fs=handled, net=0b11 if version >= 4 else 0, scoped=0b11 if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = libc.syscall(_CREATE_RULESET, ctypes.byref(rules), ctypes.c_size_t(size), 0)
    for folder in filter(os.path.isdir, sys.path):
        beneath = _Beneath(access=_READ_FILE | _READ_DIR, parent=os.open(Path(folder), os.O_PATH))
        libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(beneath), 0)
        os.close(beneath.parent)
    libc.syscall(_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)
