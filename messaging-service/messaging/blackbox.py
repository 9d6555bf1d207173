"""The blackbox's bounds, and who may keep how much of it. Values and pure rules."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

KB, MB = 1024, 1024 * 1024
KEYS_KEPT = timedelta(days=35)
"""How long an event is known by its key (docs/architecture.md section 4)."""
EXPLANATIONS_KEPT = timedelta(days=90)
"""How long it is known why an answer is what it is: what a model was asked takes most of the room of an answer."""
ROOM = 0.8
"""Of the budget, what is filled after it was exceeded: the next rounds have nothing to do."""

Who = TypeVar("Who", bound=Hashable)


@dataclass(frozen=True)
class BlackboxSettings:
    """What is kept of requests to the events address; docs/interfaces.md says what each is for."""

    retention_days: int = 14
    max_rows: int = 2_000_000
    max_body_kb: int = 256
    enabled: bool = True
    auto_prune_on_write: bool = True
    target_budget_mb: int = 2048

    @property
    def budget(self) -> int:
        """What it may take, in bytes."""
        return self.target_budget_mb * MB

    @property
    def max_body(self) -> int:
        """How much of a body is stored, in bytes."""
        return self.max_body_kb * KB


@dataclass(frozen=True)
class Partition:
    """A part of the blackbox on disk, in bytes; `day` None: what no day claims."""

    oid: int
    name: str
    day: datetime | None
    total: int
    table: int
    indexes: int
    toast: int

    def ends_by(self, moment: datetime) -> bool:
        """Whether its day is over at a moment."""
        return self.day is not None and self.day + timedelta(days=1) <= moment


@dataclass(frozen=True)
class Share:
    """What a portal has in a partition; `size` is about what its rows take."""

    portal_id: UUID
    oid: int
    rows: int
    size: int


@dataclass(frozen=True)
class Source:
    """From where requests came that were refused."""

    remote_ip: str
    events: int
    last_at: datetime


@dataclass(frozen=True)
class Usage:
    """What the blackbox takes: `shares` by portal, the largest first."""

    partitions: list[Partition]
    shares: list[Share]
    oldest: datetime | None
    newest: datetime | None
    sources: list[Source]


@dataclass(frozen=True)
class Freed:
    """What a prune freed; `complete`: nothing is left to free."""

    rows: int = 0
    size: int = 0
    partitions: int = 0
    complete: bool = True
    total: int = 0


def fair(used: Mapping[Who, int], capacity: int) -> dict[Who, int]:
    """Return what each may keep of a capacity: who has little keeps all, others have equal parts of the rest."""
    allowed: dict[Who, int] = {}
    left, waiting = capacity, len(used)
    for who, amount in sorted(used.items(), key=lambda item: item[1]):
        allowed[who] = min(amount, left // waiting)
        left -= allowed[who]
        waiting -= 1
    return allowed


def by_portal(shares: Iterable[Share], field: str) -> dict[UUID, int]:
    """Return what each portal has in all partitions, of `rows` or `size`."""
    used = Counter[UUID]()
    for share in shares:
        used[share.portal_id] += getattr(share, field)
    return dict(used)
