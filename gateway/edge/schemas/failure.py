"""The shape of every error (edge.errors makes them)."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Failure(BaseModel):
    """What every error is told as. `error` is a stable machine code in lower case, `message` for people."""

    model_config = ConfigDict(extra="forbid")

    error: str
    trace_id: str
    message: str
    detail: dict[str, Any]


DESCRIBED: dict[int | str, dict[str, Any]] = {
    "default": {"model": Failure, "description": "Any error: refused, not found, or gone wrong"}
}
"""How every route says in /openapi.json what its errors look like."""
FAILURE_SCHEMA = {"$ref": "#/components/schemas/Failure"}
