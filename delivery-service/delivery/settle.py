"""Settles turns: what became of items, the attempts, the lanes let go and the outcomes told, in one transaction.

Turns that end while a transaction is under way share the next one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from delivery.domain import LaneEnd, Settled, State
from delivery.repository import lanes, outbox
from kit import changefeed, db
from kit.coalesce import Coalescer

log = structlog.get_logger("settle")

FEED = "outcomes"
MAX_DEBT_MS = 4000
"""How long a lane may be passed over for a turn that took long."""
_TYPES = {
    "portal_id": "uuid",
    "message_id": "uuid",
    "dialog_id": "uuid",
    "state": "text",
    "provider_message_id": "bigint",
    "cause": "text",
    "trace_id": "text",
}


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
            await _tell(conn, [one for one in settled if one.item.id in held])


async def _tell(conn: AsyncConnection, settled: Sequence[Settled]) -> None:
    over = [one for one in settled if one.state in {State.SENT, State.DEAD}]
    if not over:
        return
    columns: dict[str, Sequence[object]] = {
        "portal_id": [one.item.portal_id for one in over],
        "message_id": [one.item.id for one in over],
        "dialog_id": [one.item.dialog_id for one in over],
        "state": [str(one.state) for one in over],
        "provider_message_id": [one.provider_message_id for one in over],
        "cause": [one.cause for one in over],
        "trace_id": [one.item.trace_id for one in over],
    }
    await changefeed.append(conn, FEED, columns, _TYPES)
