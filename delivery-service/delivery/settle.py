"""Settles turns: what became of items, the attempts, the lanes let go and the outcomes told, in one transaction.

Turns that end while a transaction is under way share the next one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from delivery.domain import LaneEnd, News, Settled, State
from delivery.repository import lanes, outbox, outcomes
from kit import db
from kit.coalesce import Coalescer

log = structlog.get_logger("settle")

MAX_DEBT_MS = 4000
"""How long a lane may be passed over for a turn that took long."""


@dataclass(frozen=True)
class _Turn:
    settled: Sequence[Settled]
    end: LaneEnd


class Settlement:
    """Stores the ends of turns."""

    def __init__(self, engine: AsyncEngine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now
        self._turns: Coalescer[_Turn, Exception | None] = Coalescer(
            self._store, max_items=256, max_weight=5000, max_in_flight=1, weigh=lambda turn: len(turn.settled)
        )

    async def settle(self, settled: Sequence[Settled], end: LaneEnd) -> None:
        """Store the end of a turn. Returns when it is durable."""
        if failure := await self._turns.submit(_Turn(settled, end)):
            raise failure

    async def _store(self, turns: list[_Turn]) -> list[Exception | None]:
        """Store turns together; when that fails each by itself, so that none suffers from another."""
        try:
            await self._store_together(turns)
        except Exception as error:
            if db.is_away(error) or len(turns) == 1:
                raise
            log.warning("turns settled one by one", turns=len(turns), error=repr(error))
            return [await self._store_alone(turn) for turn in turns]
        return [None] * len(turns)

    async def _store_alone(self, turn: _Turn) -> Exception | None:
        try:
            await self._store_together([turn])
        except Exception as error:  # noqa: BLE001 - it is its turn's own, which raises it
            return error
        return None

    async def _store_together(self, turns: list[_Turn]) -> None:
        ends = [turn.end for turn in turns]
        settled = [one for turn in turns for one in turn.settled]
        async with self._engine.begin() as conn:
            held: set[object] = set()
            if settled:
                held |= await outbox.settle(conn, settled, {end.lane.portal_id: end.lane.token for end in ends})
                if any(one.attempt for one in settled):
                    await outbox.add_attempts(conn, settled)
            await lanes.let_go(conn, ends, MAX_DEBT_MS)
            await outcomes.append(conn, _news([one for one in settled if one.item.id in held]))


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
