"""Replay: what is in the blackbox runs through today's code.

A dry run is the same transaction, rolled back. What was taken in once is not taken in again: its outcome says so,
its key says so, and the ids of its message and replies follow from its own.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bitrix import wire
from kit import db, ids, paging
from kit.queue import Bell
from messaging import fetch, ingest, simulate
from messaging.blackbox import KEYS_KEPT, BlackboxSettings
from messaging.classify import classify
from messaging.domain import Outcome, Verdict
from messaging.errors import InboundEventNotFound
from messaging.ingest import Seal
from messaging.parse import Parsed
from messaging.repository import inbox
from messaging.repository import replay as statements
from messaging.repository.replay import Stored

log = structlog.get_logger("replay")

MAX_PER_CALL = 200
COUNTED_TO = 100_000
_BUDGET_S = 15.0
_MARGIN = timedelta(days=1)
_WHOLE = BlackboxSettings(max_body_kb=1 << 20)
"""What is replayed is in the blackbox already and stays there as it is."""


@dataclass(frozen=True)
class Replayed:
    """What a replay came to. `judged`: by today's code alone, as if nobody had seen the event before."""

    id: UUID
    portal_id: UUID
    before: tuple[Outcome, str]
    after: tuple[Outcome, str]
    judged: tuple[Outcome, str]
    changes: bool = False
    answers: bool = False


@dataclass(frozen=True)
class ReplayedMany:
    """What a bulk replay came to."""

    matched: int
    outcomes: dict[str, int]
    remaining: int
    next_page_token: str

    @property
    def replayed(self) -> int:
        """How many went through."""
        return sum(self.outcomes.values())


class Replay:
    """Replays requests."""

    def __init__(self, engine: AsyncEngine, bell: Bell, seal: Seal, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._bell = bell
        self._seal = seal
        self._now = now

    async def one(self, event_id: UUID, *, dry_run: bool) -> Replayed:
        """Replay a request. Raises InboundEventNotFound."""
        async with self._engine.connect() as conn:
            stored = await statements.find(conn, event_id, lock=True)
            if stored is None:
                raise InboundEventNotFound(id=event_id)
            done = await self._run(conn, stored)
            await (conn.rollback() if dry_run else conn.commit())
        if done.answers and not dry_run:
            self._bell.ring(ingest.RESPOND)
        return done

    async def many(self, filters: Mapping[str, Any], page_token: str, *, dry_run: bool) -> ReplayedMany:
        """Count what a filter finds; without `dry_run` replay what a call may, oldest first."""
        after = paging.decode_id(page_token)
        async with self._engine.connect() as conn:
            matched = await statements.count(conn, filters, after, COUNTED_TO)
            if dry_run:
                return ReplayedMany(matched, {}, matched, "")
            chosen = await statements.page(conn, filters, after, MAX_PER_CALL)
        outcomes = Counter[str]()
        end, last = time.monotonic() + _BUDGET_S, after
        for event_id in chosen:
            if time.monotonic() >= end:
                break
            outcomes[await self._outcome(event_id)] += 1
            last = event_id
        remaining = max(0, matched - sum(outcomes.values()))
        return ReplayedMany(matched, dict(outcomes), remaining, paging.encode(last) if last and remaining else "")

    async def _outcome(self, event_id: UUID) -> str:
        """Replay one of many; one that cannot be stored spoils nothing but itself."""
        try:
            return (await self.one(event_id, dry_run=False)).after[0]
        except InboundEventNotFound:
            return "gone"
        except Exception as error:
            if not db.is_bad_data(error):
                raise
            log.error("event not storable", event_id=str(event_id), error=type(error).__name__)
            return Outcome.ERROR

    async def _run(self, conn: AsyncConnection, stored: Stored) -> Replayed:
        parsed = _read(stored)
        member_id = parsed.event.member_id
        portals = await inbox.portals_by_member(conn, [member_id]) if member_id else {}
        verdict = classify(parsed, portals.get(member_id))
        judged = (verdict.outcome, verdict.reason)
        unchanged = Replayed(stored.raw.id, verdict.portal_id, (stored.outcome, stored.reason), judged, judged)
        if after := await self._why_not(conn, stored, verdict):
            return replace(unchanged, after=after)
        if verdict.outcome not in {Outcome.ACCEPTED, Outcome.IGNORED} or judged == unchanged.before:
            return unchanged
        await statements.forget(conn, stored)
        [one] = await ingest.store(conn, [stored.raw], [parsed], self._seal, self._now(), _WHOLE)
        return replace(
            unchanged,
            after=(one.verdict.outcome, one.verdict.reason),
            changes=True,
            answers=one.verdict.message is not None and one.verdict.message_state == "pending",
        )

    async def _why_not(
        self, conn: AsyncConnection, stored: Stored, verdict: Verdict
    ) -> tuple[Outcome, str] | None:
        """Return what a request stays where it is not to be taken in, whatever today's code says of it."""
        if stored.outcome in {Outcome.ACCEPTED, Outcome.DUPLICATE}:
            return Outcome.DUPLICATE, "taken_in_before"
        if stored.raw.body_truncated:
            return stored.outcome, "body_cut"
        if verdict.is_notice:
            return stored.outcome, "life_cycle_not_replayed"  # its credentials are not stored
        if ids.time_of(stored.raw.id) < self._now() - KEYS_KEPT + _MARGIN:
            return stored.outcome, "too_old"  # nothing would tell that it was taken in
        if not verdict.key or (stored.outcome is Outcome.IGNORED and verdict.outcome is not Outcome.ACCEPTED):
            return None
        owner = await statements.owner_of(conn, verdict.portal_id, verdict.key)
        is_own = owner == stored.raw.id and stored.outcome is Outcome.IGNORED and not verdict.amends
        if owner is None or (is_own and await statements.forget_unanswered(conn, stored)):
            return None
        return Outcome.DUPLICATE, f"same as {owner}"


def _read(stored: Stored) -> Parsed:
    """Read a stored body; what the blackbox knows of it proves it."""
    if stored.raw.path == fetch.PATH:
        page = {"events": [orjson.loads(stored.raw.body)]} if not stored.raw.body_truncated else {}
        found = wire.read_fetched(page, stored.member_id).events
        event = found[0] if found else wire.read({})
        return Parsed(event, "" if event.name else "no_event", is_fetched=True)
    parsed = ingest.parse_safely(stored.raw)
    return replace(parsed, token_hash=stored.token_hash, is_fetched=stored.raw.path == simulate.PATH)
