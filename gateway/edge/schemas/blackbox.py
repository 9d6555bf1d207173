"""Shapes of the blackbox (docs/interfaces.md)."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from edge.schemas.admin import InboundEvent
from edge.schemas.text import Moment, Text


class BlackboxSettings(BaseModel):
    """What is kept of requests to the events address."""

    retention_days: Annotated[int, Field(ge=1, le=365, strict=True)]
    max_rows: Annotated[int, Field(ge=1, le=50_000_000, strict=True)]
    max_body_kb: Annotated[int, Field(ge=1, le=1024, strict=True)]
    enabled: Annotated[bool, Field(strict=True)]
    auto_prune_on_write: Annotated[bool, Field(strict=True)]
    target_budget_mb: Annotated[int, Field(ge=1, le=1_048_576, strict=True)]


class PortalShare(BaseModel):
    """What a portal has in the blackbox; null = could be put down to none. `bytes` is about, without indexes."""

    portal_id: str | None
    rows: int
    bytes: int


class RefusedSource(BaseModel):
    """From where requests came that were refused, in the last day."""

    remote_ip: str
    events: int
    last_at: str


class BlackboxUsage(BaseModel):
    """What the blackbox takes: real bytes, with indexes and what is stored out of line."""

    bytes: int
    table_bytes: int
    index_bytes: int
    toast_bytes: int
    rows: int
    oldest: str | None
    newest: str | None
    partitions: int
    budget_bytes: int
    portals: list[PortalShare]
    refused_sources: list[RefusedSource]


class Prune(BaseModel):
    """What to free; `days` belongs to older_than_days."""

    mode: Literal["auto", "all", "older_than_days"]
    days: Annotated[int | None, Field(ge=0, le=3650)] = None
    dry_run: bool = False

    @model_validator(mode="after")
    def _days_where_they_count(self) -> "Prune":
        if self.mode == "older_than_days" and self.days is None:
            raise ValueError("older_than_days needs days")
        return self


class Pruned(BaseModel):
    """What was freed, or would be; `complete` false: more is left, ask again."""

    mode: str
    dry_run: bool
    freed_rows: int
    freed_bytes: int
    partitions: int
    bytes: int
    complete: bool


class InboundEventDetail(InboundEvent):
    """A row of the blackbox in full; `parsed` null where the body cannot be read."""

    headers: dict[str, str]
    body: str
    parsed: Any
    hints: list[str]


class ReplayAsked(BaseModel):
    """Whether to only look."""

    dry_run: bool = True


class Judgement(BaseModel):
    """What became of a request."""

    outcome: str
    reason: str | None


class ReplayEffect(BaseModel):
    """What a replay does; `judged`: by today's code, as if nobody had seen the request before."""

    changes: bool
    answers: bool
    portal_id: str | None
    judged: Judgement


class Replayed(BaseModel):
    """What a replay came to."""

    id: str
    dry_run: bool
    old: Judgement
    new: Judgement
    would: ReplayEffect


class ReplayFilter(BaseModel):
    """Which requests; what is absent is not looked at."""

    portal_id: UUID | None = None
    domain: Annotated[Text, Field(max_length=255)] = ""
    event: Annotated[Text, Field(max_length=64)] = ""
    outcome: str = ""
    reason: Annotated[Text, Field(max_length=128)] = ""
    since: Moment | None = None
    until: Moment | None = None


class ReplayManyAsked(BaseModel):
    """Requests to replay, and where to go on."""

    filter: ReplayFilter
    dry_run: bool = True
    cursor: Annotated[Text, Field(max_length=512)] = ""


class ReplayedMany(BaseModel):
    """How many were found and replayed; `next_cursor` null = all."""

    dry_run: bool
    matched: int
    replayed: int
    outcomes: dict[str, int]
    remaining: int
    next_cursor: str | None


class Simulated(BaseModel):
    """A message to take in as if a person of the portal had written it."""

    portal_id: UUID
    user_id: Annotated[int, Field(gt=0, lt=1 << 53)]
    message: Annotated[Text, Field(min_length=1, max_length=20_000)]


class SimulatedMessage(BaseModel):
    """Under which trace it went, and the message that came of it; null where none did."""

    trace_id: str
    message_id: str | None
