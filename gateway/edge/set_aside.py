"""Events that messaging refused for good: a file each in the spool's folder, out of the queue, for a person.

A file begins with a line of JSON that says why, which files of earlier releases lack; the event follows.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
from google.protobuf.message import DecodeError

from edge import disk
from teachbase.messaging.v1 import messaging_pb2 as pb

SUFFIX = ".rejected"
_DIGITS = 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EVENT_BEGINS = 0x0A
"""The tag of RawEvent's first field, which is always there; the line of JSON begins with a brace."""


@dataclass(frozen=True)
class Record:
    """An event that was set aside."""

    id: str
    at: datetime
    """When it was set aside."""
    reason: str
    """Messaging's code; "" = not known."""
    why: str
    """Its sentence."""
    event: pb.RawEvent


class SetAside:
    """The events of one spool's folder that were set aside."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, event: pb.RawEvent, reason: str, why: str) -> None:
        """Keep an event. Returns when it is on disk, else raises OSError."""
        # Complete and on disk before it has the name by which it is found: then the queue forgets it.
        path = self._path(f"{time.time_ns():0{_DIGITS}d}")
        part = path.with_suffix(".part")
        try:
            with part.open("wb", buffering=0) as file:
                said = orjson.dumps({"reason": reason, "why": why})
                disk.append(file, said + b"\n" + event.SerializeToString())
            part.rename(path)
        except OSError:
            part.unlink(missing_ok=True)
            raise
        disk.sync_folder(self._folder)

    def ids(self) -> list[str]:
        """Return all ids, the oldest first; they sort by time."""
        return sorted(path.stem for path in self._folder.glob(f"{'[0-9]' * _DIGITS}{SUFFIX}"))

    def records(self, ids: list[str]) -> Iterator[Record]:
        """Return those that are still there."""
        return (record for one in ids if (record := self.get(one)))

    def get(self, record_id: str) -> Record | None:
        """Return a record, None where there is none (any more)."""
        try:
            data = self._path(record_id).read_bytes()
        except FileNotFoundError:
            return None
        at = _EPOCH + timedelta(microseconds=int(record_id) // 1000)
        try:
            return Record(record_id, at, *_read(data))
        except (ValueError, DecodeError):
            return Record(record_id, at, "unreadable", "The file holds no event.", pb.RawEvent())

    def remove(self, record_id: str) -> None:
        """Forget one that was taken."""
        self._path(record_id).unlink(missing_ok=True)

    def _path(self, record_id: str) -> Path:
        return self._folder / f"{record_id}{SUFFIX}"


def _read(data: bytes) -> tuple[str, str, pb.RawEvent]:
    said: dict[str, str] = {}
    if data and data[0] != _EVENT_BEGINS:
        line, _, data = data.partition(b"\n")
        said = orjson.loads(line)
    return said.get("reason", ""), said.get("why", ""), pb.RawEvent.FromString(data)
