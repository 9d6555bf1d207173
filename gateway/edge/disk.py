"""Writing so that what was written is there after a crash, and known to be."""

import os
from io import FileIO
from pathlib import Path


def append(file: FileIO, data: bytes) -> None:
    """Write all of it at the end and wait for the disk. Raises OSError.

    The file has to be unbuffered: a buffer keeps what a full disk refused, and writes it later, unasked.
    """
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until the disk has the folder's names. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
