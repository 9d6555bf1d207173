"""The portal's table of message uuids: the only idempotent send there is (contract 4.6)."""

import re
from dataclasses import dataclass, field
from typing import Final

UUID_V4: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
KNOWN_SECONDS: Final = 31 * 86_400
UNKNOWN_SECONDS: Final = 3_600
"""Of a portal that says nothing else."""


@dataclass(slots=True)
class Record:
    """One inserted uuid; no message id while the send is in flight or after it failed."""

    at: float
    message_id: int | None = None


class InFlightError(Exception):
    """The uuid was inserted less than an hour ago and has no message: the send is refused."""


@dataclass(slots=True)
class UuidTable:
    """INSERT IGNORE by uuid. Known records live 31 days, unknown ones refuse for a while."""

    records: dict[str, Record] = field(default_factory=dict)

    def claim(self, uuid: str, now: float, trap_s: float = UNKNOWN_SECONDS) -> int | None:
        """Insert `uuid`: None means "yours, send", an id means "sent before"; raises InFlightError."""
        record = self.records.get(uuid)
        if record is not None:
            age = now - record.at
            if record.message_id is not None and age < KNOWN_SECONDS:
                return record.message_id
            if record.message_id is None and age < trap_s:
                raise InFlightError
        self.records[uuid] = Record(now)
        return None

    def attach(self, uuid: str, message_id: int) -> None:
        """Name the message that the claimed uuid became."""
        self.records[uuid].message_id = message_id


def is_uuid_v4(text: str) -> bool:
    """Whether the platform de-duplicates by this templateId; any other string is ignored silently."""
    return UUID_V4.fullmatch(text) is not None
