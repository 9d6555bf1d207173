"""Settles turns: what became of items, the attempts, the lanes let go and the outcomes told, in one transaction.

Turns that end while a transaction is under way share the next one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from prometheus_client import Counter, Histogram
from sqlalchemy.ext.asyncio import AsyncEngine

from delivery.domain import INTERACTIVE, LaneEnd, News, Settled, State
from delivery.repository import lanes, outbox, outcomes
from kit import db, ids
from kit.coalesce import Coalescer

log = structlog.get_logger("settle")

SETTLED = Counter("tb_sends_total", "What became of messages in a turn of their lane", ["state"])
REPLY_SECONDS = Histogram(
    "tb_reply_seconds",
    "Time from the arrival of what a message answers until the portal has it",
    ["priority"],
    buckets=(0.25, 0.5, 1, 2, 3, 5, 10, 15, 30, 60, 300, 3600),
)
MAX_DEBT_MS = 4000
"""How long a lane may be passed over for a turn that took long."""


_Due = datetime | None
"""When a lane runs again."""


@dataclass(frozen=True)
class _Turn:
    settled: Sequence[Settled]
    end: LaneEnd


class Settlement:
    """Stores the ends of turns."""

    def __init__(self, engine: AsyncEngine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now
        self._turns: Coalescer[_Turn, _Due | Exception] = Coalescer(
            self._store, max_items=256, max_weight=5000, max_in_flight=1, weigh=lambda turn: len(turn.settled)
        )

    async def settle(self, settled: Sequence[Settled], end: LaneEnd) -> datetime | None:
        """Store the end of a turn; durable when this returns. Returns when the lane runs again, if it has to."""
        stored = await self._turns.submit(_Turn(settled, end))
        if isinstance(stored, Exception):
            raise stored
        return stored

    async def _store(self, turns: list[_Turn]) -> Sequence[_Due | Exception]:
        """Store turns together; when that fails each by itself, so that none suffers from another."""
        try:
            return await self._store_together(turns)
        except Exception as error:
            if db.is_away(error) or len(turns) == 1:
                raise
            log.warning("turns settled one by one", turns=len(turns), error=repr(error))
            return [await self._store_alone(turn) for turn in turns]

    async def _store_alone(self, turn: _Turn) -> _Due | Exception:
        try:
            [due] = await self._store_together([turn])
        except Exception as error:  # noqa: BLE001 - it is its turn's own, which raises it
            return error
        return due

    async def _store_together(self, turns: list[_Turn]) -> list[_Due]:
        ends = [turn.end for turn in turns]
        settled = [one for turn in turns for one in turn.settled]
        async with self._engine.begin() as conn:
            held: set[object] = set()
            if settled:
                held |= await outbox.settle(conn, settled, {end.lane.portal_id: end.lane.token for end in ends})
                if any(one.attempt for one in settled):
                    await outbox.add_attempts(conn, settled)
            runs_at = await lanes.let_go(conn, ends, MAX_DEBT_MS)
            await outcomes.append(conn, _news([one for one in settled if one.item.id in held]))
        for one in settled:
            if one.item.id in held:
                self._measure(one)
        return [runs_at.get(end.lane.portal_id) for end in ends]

    def _measure(self, one: Settled) -> None:
        SETTLED.labels(one.state).inc()
        if one.state is State.SENT and one.item.trace_id:
            arrived_at = ids.time_of(UUID(one.item.trace_id))  # a trace id tells when it was given
            priority = "interactive" if one.item.priority == INTERACTIVE else "bulk"
            REPLY_SECONDS.labels(priority).observe(max(0.0, (self._now() - arrived_at).total_seconds()))


def _news(settled: Sequence[Settled]) -> list[News]:
    return [
        News(
            portal_id=one.item.portal_id,
            message_id=one.item.id,
            dialog_id=one.item.dialog_id,
            state=one.state,
            provider_message_id=one.provider_message_id,
            cause=one.cause,
            trace_id=one.item.trace_id,
        )
        for one in settled
        if one.state in {State.SENT, State.DEAD}
    ]
