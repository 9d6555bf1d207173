"""A durable local queue of raw events, for when messaging or its database is away.

Segments of length-prefixed, checksummed records; an append returns after fsync, shared by all that wait for it.
"""

import asyncio
import os
import struct
import threading
import time
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import structlog

from kit.coalesce import Coalescer

log = structlog.get_logger("spool")

SEGMENT_BYTES = 16 * 1024 * 1024
REJECTED = ".rejected"
"""Ends the name of a file that holds one record which was set aside."""
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
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._writing: BinaryIO | None = None
        self._read_at = 0
        # Appends and drains run in threads: one must not forget a segment that the other writes to.
        self._lock = threading.Lock()
        self._appends: Coalescer[bytes, None] = Coalescer(
            self._append, max_items=1000, max_weight=SEGMENT_BYTES, max_in_flight=1, weigh=len
        )
        self.depth = sum(len(_read(path, 0, 1 << 30).records) for path in self._segments())
        self.waiting_since: float | None = _begun(self._segments()[0]) if self.depth else None

    @property
    def waiting_s(self) -> float:
        """How long something has waited here; 0 = nothing waits."""
        return max(0.0, time.time() - self.waiting_since) if self.waiting_since else 0.0

    async def append(self, record: bytes) -> None:
        """Store a record. Returns when it is on disk; raises OSError when it cannot be."""
        await self._appends.submit(record)

    @asynccontextmanager
    async def front(self, limit: int) -> AsyncIterator[list[bytes]]:
        """Give up to `limit` records from the front; they are forgotten when the body ends without an error."""
        chunk = await asyncio.to_thread(self._front, limit)
        yield chunk.records if chunk else []
        if chunk:
            await asyncio.to_thread(self._forget, chunk)

    async def set_aside(self, record: bytes) -> None:
        """Keep a record that nobody takes in a file of its own, out of the queue (see edge.requeue)."""
        await asyncio.to_thread(self._set_aside, record)

    def close(self) -> None:
        """Close the file."""
        if self._writing:
            self._writing.close()

    def _set_aside(self, record: bytes) -> None:
        # Complete and on disk before it has the name by which it is found: then the queue forgets it.
        path = self._folder / f"{time.time_ns():020d}{REJECTED}"
        with path.with_suffix(".part").open("wb") as file:
            file.write(record)
            file.flush()
            os.fsync(file.fileno())
        path.with_suffix(".part").rename(path)
        _sync_folder(self._folder)

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
            # Names sort by time, so segments are drained in the order in which they were written.
            self._writing = (self._folder / f"{time.time_ns():020d}.spool").open("ab")
            _sync_folder(self._folder)
        start = self._writing.tell()
        try:
            self._writing.write(b"".join(_HEAD.pack(len(one), zlib.crc32(one)) + one for one in records))
            self._writing.flush()
            os.fsync(self._writing.fileno())
        except OSError:
            # What was half written must not stand before what follows.
            self._writing.truncate(start)
            self._writing.seek(start)
            raise

    def _front(self, limit: int) -> Chunk | None:
        with self._lock:
            return self._front_locked(limit)

    def _front_locked(self, limit: int) -> Chunk | None:
        for path in self._segments():
            chunk = _read(path, self._read_at, limit)
            if chunk.records:
                return chunk
            self._retire(path, chunk.end)
        if self.depth:
            # Else whatever comes would wait for ever behind what cannot be read.
            log.error("spool records lost", count=self.depth)
            self.depth, self.waiting_since = 0, None
        return None

    def _retire(self, path: Path, end: int) -> None:
        if self._writing and path == Path(self._writing.name):
            self.close()
            self._writing = None
        if path.stat().st_size > end:
            path.rename(path.with_suffix(".broken"))  # for a person to look at
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
                self._writing = None
                chunk.segment.unlink()
                self._read_at = 0

    def _segments(self) -> list[Path]:
        return sorted(self._folder.glob("*.spool"))


def _read(path: Path, start: int, limit: int) -> Chunk:
    records: list[bytes] = []
    with path.open("rb") as file:
        file.seek(start)
        end = start
        while len(records) < limit and len(head := file.read(_HEAD.size)) == _HEAD.size:
            length, checksum = _HEAD.unpack(head)
            record = file.read(length)
            if len(record) < length or zlib.crc32(record) != checksum:
                log.error("spool record broken", path=str(path), at=end)
                break
            records.append(record)
            end = file.tell()
    return Chunk(records, path, end)


def _begun(segment: Path) -> float:
    return int(segment.stem) / 1e9


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
