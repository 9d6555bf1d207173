"""Shapes of the logs (docs/interfaces.md)."""

from typing import Any, Literal

from pydantic import BaseModel

Level = Literal["debug", "info", "warning", "error", "critical"]


class LogLine(BaseModel):
    """A line of a log, its secrets masked. `level` null: words that are no line of ours, or a proxy's."""

    at: str
    service: str
    level: str | None
    event: str
    trace_id: str | None
    portal_id: str | None
    fields: dict[str, Any]
