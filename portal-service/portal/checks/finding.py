"""How a check ended, and what follows."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"
    """It would only repeat what another check says."""
    UNKNOWN = "unknown"
    """It could not be made."""


class Severity(StrEnum):
    """How bad it is where a check fails."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Finding:
    """A check's end. `fix`: what the fixer would do, "" where there is none; `human`: what a person has to do."""

    state: State
    reason: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)
    fix: str = ""
    human: str = ""


_MAX_TEXT = 300
_MAX_ITEMS = 20


def bounded(value: Any) -> Any:
    """Return evidence cut to a size that can be shown: a portal may say as much as it likes."""
    if isinstance(value, str):
        return value[:_MAX_TEXT]
    if isinstance(value, dict):
        return {str(key)[:_MAX_TEXT]: bounded(item) for key, item in list(value.items())[:_MAX_ITEMS]}
    if isinstance(value, list | tuple | set):
        return [bounded(item) for item in list(value)[:_MAX_ITEMS]]
    return value if value is None or isinstance(value, bool | int | float) else str(value)[:_MAX_TEXT]


def ok(**evidence: Any) -> Finding:
    """Return that all is well."""
    return Finding(State.OK, evidence=evidence)


def failed(reason: str, *, fix: str = "", human: str = "", **evidence: Any) -> Finding:
    """Return what is wrong."""
    return Finding(State.FAILED, reason, evidence, fix, human)


def skipped(reason: str, **evidence: Any) -> Finding:
    """Return why there was no need to look."""
    return Finding(State.SKIPPED, reason, evidence)


def unknown(reason: str, **evidence: Any) -> Finding:
    """Return why it is not known."""
    return Finding(State.UNKNOWN, reason, evidence)
