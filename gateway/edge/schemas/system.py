"""Shapes of how the product itself is (docs/interfaces.md)."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from edge.schemas.text import Text

State = Literal["ok", "warning", "failing", "unknown"]
PausableQueue = Literal["messaging", "knowledge", "delivery"]


class Readiness(BaseModel):
    """Whether every dependency answers, and what the spool holds meanwhile."""

    status: Literal["ready", "not_ready"]
    failing: list[str]
    spool_depth: int
    spool_waiting_s: int
    not_durable: int
    last_not_durable_at: str | None


class Component(BaseModel):
    """A part of the product. `cause` and `next_step` are null where it is well."""

    name: str
    kind: Literal["service", "store", "worker", "queue", "spool"]
    state: State
    cause: str | None
    next_step: str | None


class SystemHealth(BaseModel):
    """How everything is; the worst first."""

    status: Literal["ok", "degraded", "failing"]
    checked_at: str
    components: list[Component]


class Queue(BaseModel):
    """What waits, as the rows say; null = not counted of this queue."""

    queue: str
    depth: int
    oldest_age_s: float
    rate_per_min: float | None
    failures_per_hour: int | None
    dead: int | None
    held_portals: int | None
    """Portals for which nothing is done now: suspended, unpaid, or resting after what they answered."""


class Queues(BaseModel):
    """Every queue; `missing`: the contexts that did not tell of theirs."""

    items: list[Queue]
    next_cursor: None
    missing: list[str]


class Worker(BaseModel):
    """A worker process, as it told of itself; `lost`: it has not for longer than it should."""

    id: str
    name: str
    service: str
    state: Literal["working", "idle", "lost"]
    heartbeat_at: str | None
    started_at: str | None
    current_job: str | None
    since: str | None


class Workers(BaseModel):
    """Every worker; `cause`: why nobody is known, where that is so."""

    items: list[Worker]
    next_cursor: None
    cause: str | None


class PauseOfQueue(BaseModel):
    """Why a portal's part of a queue is to rest."""

    reason: Annotated[Text, Field(min_length=1, max_length=500)]


class QueuePause(BaseModel):
    """A portal's part of a queue that rests; `paused_by`: the email of who said so."""

    portal_id: str
    queue: str
    reason: str
    paused_by: str
    paused_at: str


class QueuePauses(BaseModel):
    """What rests, the newest first."""

    items: list[QueuePause]
    next_cursor: None


class Pace(BaseModel):
    """How quick the product is; null where nothing was to be measured. Times of the last hour, in ms."""

    acks: int
    """Events answered by this gateway, at most 2 000."""
    ack_p95_ms: float | None
    replies: int
    """At most 5 000, each from the event at the gateway to the portal's answer to the reply."""
    reply_p50_ms: float | None
    reply_p95_ms: float | None
    portals_today: int
    """Whose people wrote since midnight (UTC)."""


class Seen(BaseModel):
    """An event of the live stream."""

    health: SystemHealth
    queues: Queues
