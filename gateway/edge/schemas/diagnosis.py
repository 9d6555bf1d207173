"""Shapes of a diagnosis and of what was mended (docs/interfaces.md)."""

from typing import Any

from pydantic import BaseModel


class Check(BaseModel):
    """A check: `state` ok, failed, skipped (another check, named in `reason`, says it) or unknown (not made).

    `severity`: how bad a failure is. `what_would_be_done`: by attempt-fix where `can_fix`, else by a person.
    """

    name: str
    context: str
    severity: str
    state: str
    reason: str | None
    evidence: dict[str, Any]
    what_would_be_done: str | None
    can_fix: bool


class Diagnosis(BaseModel):
    """Every check of a portal. `health`: failing or warning by the worst check that failed."""

    portal_id: str
    checked_at: str
    health: str
    failed: list[str]
    checks: list[Check]


class Fix(BaseModel):
    """What was done about a failed check. `did` null: there is no fixer, or it need not run."""

    name: str
    context: str
    did: str | None
    error: str | None
    is_mended: bool
    before: Check
    after: Check


class HumanStep(BaseModel):
    """What a person has to do about a check that still fails."""

    name: str
    what: str


class Mended(BaseModel):
    """What attempt-fix did, and how the checks stand after it."""

    portal_id: str
    checked_at: str
    health: str
    failed: list[str]
    fixes: list[Fix]
    needs_human: list[HumanStep]
    checks: list[Check]
