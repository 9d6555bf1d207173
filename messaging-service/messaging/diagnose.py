"""What is wrong with a portal as far as this context sees: answers are late, people have fallen silent."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from kit import queue_pauses
from messaging.repository import fetches
from messaging.repository import traffic as statements
from messaging.traffic import Traffic

LATE_AFTER = timedelta(minutes=2)


@dataclass(frozen=True)
class Finding:
    """How a check ended: `state` ok, failed or skipped. `human`: what a person has to do."""

    name: str
    severity: str
    state: str
    reason: str = ""
    human: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)


class Diagnoses:
    """Examines portals."""

    def __init__(self, engine: AsyncEngine, traffic: Traffic, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._traffic = traffic
        self._now = now

    async def make(self, portal_id: UUID) -> list[Finding]:
        """Make every check of this context."""
        async with self._engine.connect() as conn:
            state = await statements.state_of(conn, portal_id)
            dialogs, since = await statements.waiting(conn, portal_id)
            fetched = await fetches.failing(conn, portal_id)
            resting = [str(one) for one in await queue_pauses.of(conn, portal_id) if one.queue == "messaging"]
        return [
            self._answers(dialogs, since, resting),
            _events_fetched(fetched),
            await self._usual_traffic(portal_id, state),
        ]

    def _answers(self, dialogs: int, since: datetime | None, resting: Sequence[str]) -> Finding:
        late_s = (self._now() - since).total_seconds() if since else 0.0
        seen = {"dialogs_waiting": dialogs, "longest_s": round(late_s)}
        if resting:
            human = "Resume the queue: what people wrote is kept, and then answered."
            return Finding("answers_given", "error", "failed", resting[0], human, seen)
        if late_s <= LATE_AFTER.total_seconds():
            return Finding("answers_given", "error", "ok", evidence=seen)
        reason = "People wait for an answer longer than they should."
        human = "Nothing on the portal: see whether messaging's worker runs and what it logs."
        return Finding("answers_given", "error", "failed", reason, human, seen)

    async def _usual_traffic(self, portal_id: UUID, state: str) -> Finding:
        if state != "active":
            return Finding("usual_traffic", "warning", "skipped", "in_service: nobody is served.")
        found = await self._traffic.silence_of(portal_id)
        seen = {
            "silent_since": found.since.isoformat() if found.since else "",
            "usual_hours_with_messages": round(found.expected_hours, 1),
            "known_days": found.known_days,
        }
        if not found.is_unusual:
            return Finding("usual_traffic", "warning", "ok", evidence=seen)
        reason = "Nobody has written, at hours when people of this portal do."
        human = "If events_arriving is well, ask the portal whether people still write to it; it may be a holiday."
        return Finding("usual_traffic", "warning", "failed", reason, human, seen)


def _events_fetched(found: tuple[int, str, datetime | None] | None) -> Finding:
    if found is None:
        return Finding("events_fetched", "error", "ok", evidence={"event_mode": "webhook"})
    failures, cause, fetched_at = found
    seen = {"failures": failures, "cause": cause, "fetched_at": fetched_at.isoformat() if fetched_at else ""}
    if not failures:
        return Finding("events_fetched", "error", "ok", evidence=seen)
    reason = "The portal's events wait there: it does not let us fetch them."
    human = "See the checks of the token and of the portal's REST; it keeps events for 24 hours."
    return Finding("events_fetched", "error", "failed", reason, human, seen)
