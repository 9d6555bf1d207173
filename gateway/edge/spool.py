"""A durable local queue of raw events, for when messaging or its database is away.

Segments of length-prefixed, checksummed records; an append returns after fsync, shared by all that wait for it.
"""

import asyncio
import shutil
import struct
import threading
import time
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

import structlog

from edge import disk
from kit.coalesce import Coalescer

log = structlog.get_logger("spool")

SEGMENT_BYTES = 16 * 1024 * 1024
SUFFIX = ".spool"
BROKEN = ".broken"
"""Ends the name of a segment that cannot be read to its end."""
_HEAD = struct.Struct(">II")


@dataclass(frozen=True)
class Chunk:
    """Records read from the front of the spool; `end` is where the next read begins."""

    records: list[bytes]
    segment: Path
    end: int


class Spool:
    """Appends at the end, reads from the front, forgets what was drained."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._writing: FileIO | None = None
        self._read_at = 0
        # Appends and drains run in threads: one must not forget a segment that the other writes to.
        self._lock = threading.Lock()
        self._appends: Coalescer[bytes, None] = Coalescer(
            self._append, max_items=1000, max_weight=SEGMENT_BYTES, max_in_flight=1, weigh=len
        )
        self.depth = sum(_count(path) for path in self._segments())
        self.waiting_since: float | None = begun(self._segments()[0]) if self.depth else None

    @property
    def waiting_s(self) -> float:
        """How long something has waited here; 0 = nothing waits."""
        return max(0.0, time.time() - self.waiting_since) if self.waiting_since else 0.0

    async def append(self, record: bytes) -> None:
        """Store a record. Returns when it is on disk; raises OSError when it cannot be."""
        await self._appends.submit(record)

    @asynccontextmanager
    async def front(self, limit: int, max_bytes: int = SEGMENT_BYTES) -> AsyncIterator[list[bytes]]:
        """Give records from the front; they are forgotten when the body ends without an error.

        Never more than `limit`, and no more bytes than that, but a larger record alone.
        """
        chunk = await asyncio.to_thread(self._front, limit, max_bytes)
        yield chunk.records if chunk else []
        if chunk:
            await asyncio.to_thread(self._forget, chunk)

    def size(self) -> int:
        """How many bytes wait here, on disk."""
        with self._lock:
            return sum(path.stat().st_size for path in self._segments()) - self._read_at

    def broken(self) -> list[Path]:
        """Segments that could not be read to their end, the oldest first; they are kept for a person."""
        return sorted(self.folder.glob(f"*{BROKEN}"))

    def disk_free(self) -> int:
        """How many bytes the disk has left."""
        return shutil.disk_usage(self.folder).free

    def close(self) -> None:
        """Close the file; what comes after begins a new one."""
        if self._writing:
            self._writing.close()
            self._writing = None

    async def _append(self, records: list[bytes]) -> list[None]:
        await asyncio.to_thread(self._write, records)
        return [None] * len(records)

    def _write(self, records: list[bytes]) -> None:
        with self._lock:
            self._write_locked(records)
            self.depth += len(records)
            self.waiting_since = self.waiting_since or time.time()

    def _write_locked(self, records: list[bytes]) -> None:
        if self._writing is None or self._writing.tell() > SEGMENT_BYTES:
            self.close()
            self._writing = self._begin()
        start = self._writing.tell()
        try:
            disk.append(self._writing, b"".join(_HEAD.pack(len(one), zlib.crc32(one)) + one for one in records))
        except OSError:
            # What was half written must not stand before what follows.
            try:
                self._writing.truncate(start)
                self._writing.seek(start)
            except OSError:
                self.close()
            raise

    def _begin(self) -> FileIO:
        # Names sort by time, so segments are drained in the order in which they were written.
        file = (self.folder / f"{time.time_ns():020d}{SUFFIX}").open("ab", buffering=0)
        try:
            disk.sync_folder(self.folder)
        except OSError:
            file.close()
            raise
        return file

    def _front(self, limit: int, max_bytes: int) -> Chunk | None:
        with self._lock:
            return self._front_locked(limit, max_bytes)

    def _front_locked(self, limit: int, max_bytes: int) -> Chunk | None:
        for path in self._segments():
            chunk = _read(path, self._read_at, limit, max_bytes)
            if chunk.records:
                return chunk
            self._retire(path, chunk.end)
        if self.depth:
            # Else whatever comes would wait for ever behind what cannot be read.
            log.error("spool records lost", count=self.depth)
            self.depth, self.waiting_since = 0, None
        return None

    def _retire(self, path: Path, end: int) -> None:
        if self._is_written(path):
            self.close()
        if path.stat().st_size > end:
            path.rename(path.with_suffix(BROKEN))  # for a person to look at
        else:
            path.unlink()
        self._read_at = 0

    def _forget(self, chunk: Chunk) -> None:
        with self._lock:
            self._read_at = chunk.end
            self.depth -= len(chunk.records)
            if self.depth == 0:
                self.waiting_since = None
                self.close()
                chunk.segment.unlink()
                self._read_at = 0

    def _is_written(self, path: Path) -> bool:
        return self._writing is not None and path == Path(str(self._writing.name))

    def _segments(self) -> list[Path]:
        return sorted(self.folder.glob(f"*{SUFFIX}"))


def _read(path: Path, start: int, limit: int, max_bytes: int) -> Chunk:
    records: list[bytes] = []
    with path.open("rb") as file:
        file.seek(start)
        end = start
        while len(records) < limit and len(head := file.read(_HEAD.size)) == _HEAD.size:
            length, checksum = _HEAD.unpack(head)
            if records and file.tell() + length - start > max_bytes:
                break
            record = file.read(length)
            if len(record) < length or zlib.crc32(record) != checksum:
                log.error("spool record broken", path=str(path), at=end)
                break
            records.append(record)
            end = file.tell()
    return Chunk(records, path, end)


def _count(segment: Path) -> int:
    return len(_read(segment, 0, limit=1 << 30, max_bytes=1 << 60).records)


def begun(segment: Path) -> float:
    """When a segment was begun, in seconds of our time."""
    return int(segment.stem) / 1e9
