"""Which TCP ports of this host are free, and how they stay so."""

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from devstack.errors import StackError


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on `host:port` now. Raises OSError for a host that is not ours."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                return False
            raise
        return True


@contextmanager
def held(port: int, host: str = "127.0.0.1") -> Iterator[None]:
    """Keep the kernel from giving a port to a client's connection; a server may listen there, and again.

    The ports of gRPC lie among those that clients are given: a connection that has one keeps its server away.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind((host, port))
        yield


def next_free(port: int, taken: frozenset[int] = frozenset()) -> int:
    """The first free port from `port` up that is not in `taken`; 0 asks the kernel for any.

    Raises StackError when 200 ports in a row are taken.
    """
    if port == 0:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])
    for candidate in range(port, min(port + 200, 65536)):
        if candidate not in taken and is_free(candidate):
            return candidate
    raise StackError(f"no free port from {port} to {port + 199}")
