"""Lanes: each portal's sends go through one lane at a time, and every lane has its turn.

Deficit round robin over the time that turns take: lanes are visited in a circle, each visit is worth QUANTUM_MS,
and a lane whose portal answers slowly pays for the place that it held by being passed over.
"""

import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from delivery import schedule
from delivery.clients.portal import LaneTokens, PortalClient
from delivery.domain import Lane, LaneEnd, Settled
from delivery.repository import lanes as statements
from delivery.repository import outbox
from delivery.send import PEER_AWAY_S, put_back
from delivery.settle import Settlement
from delivery.turn import Turns
from kit import db, ids
from kit.errors import PeerError

log = structlog.get_logger("lanes")

LEASE = timedelta(seconds=8)
"""Renewed while a turn lasts, so it only has to outlast a pause of this worker: a dead one is replaced soon."""
RENEW_S = 2.0
QUANTUM_MS = 1000
"""What a lane may use of a place in a round."""
MAX_ITEMS = 50
"""Of one turn: what one request can carry."""
MAX_LANES = 128
GATHER_S = 0.02
NO_BOT_S = 300.0
"""How long a lane rests whose portal has no bot; the news of one lets it run at once."""


class Lanes:
    """Serves the lanes that are due."""

    def __init__(
        self,
        engine: AsyncEngine,
        portal: PortalClient,
        turns: Turns,
        settlement: Settlement,
        now: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._at_once = db.at_once(engine)
        self._portal = portal
        self._turns = turns
        self._settlement = settlement
        self._now = now
        self._visited = ids.NIL
        """Where in the circle the next visit begins."""
        self._held: dict[UUID, UUID] = {}
        """Lanes whose turns are under way: portal_id -> token."""

    async def claim(self, free: int) -> list[Lane]:
        """Hold up to `free` lanes that are due, with the items that may go now."""
        now, token = self._now(), ids.uuid7()
        async with self._at_once.connect() as conn:
            held: list[Lane] = []
            # Who is passed over gains by it: while places are free the circle is gone round again.
            while visited := await self._visit(conn, now, token, free - len(held)):
                served = [lane for lane, is_held in visited if is_held]
                held += served
                if len(held) == free or len(served) == len(visited):
                    break
            if not held:
                return []
            unknown_due = now + timedelta(seconds=schedule.UNKNOWN_AFTER_S)
            items = await outbox.claim(conn, [lane.portal_id for lane in held], token, now, unknown_due, MAX_ITEMS)
        self._held |= {lane.portal_id: lane.token for lane in held}
        return [replace(lane, items=items.get(lane.portal_id, ())) for lane in held]

    async def renew(self) -> None:
        """Hold the lanes whose turns last on."""
        if self._held:
            async with self._at_once.connect() as conn:
                await statements.renew(conn, self._held, self._now() + LEASE)

    async def _visit(
        self, conn: AsyncConnection, now: datetime, token: UUID, free: int
    ) -> list[tuple[Lane, bool]]:
        visited = await statements.visit(conn, self._visited, now, now + LEASE, token, QUANTUM_MS, free)
        if visited:
            self._visited = visited[-1][0].portal_id
        return visited

    async def take_turn(self, lane: Lane) -> float | None:
        """Serve a held lane and let it go. Returns the seconds after which it is due, None if not at all."""
        try:
            return await self._serve(lane)
        finally:
            if self._held.get(lane.portal_id) == lane.token:
                del self._held[lane.portal_id]

    async def _serve(self, lane: Lane) -> float | None:
        started = time.monotonic()
        try:
            settled, end = await self._turn(lane)
        except PeerError as error:
            settled, end = self._untouched(lane), self._without_token(lane, error)
        except Exception as error:
            log.error("turn failed", portal_id=str(lane.portal_id), error=repr(error), exc_info=db.cause(error))
            settled, end = [], self._end(lane, PEER_AWAY_S, repr(error))
        took_ms = int(1000 * (time.monotonic() - started))
        due_at = await self._settlement.settle(settled, replace(end, took_ms=took_ms))
        return (due_at - self._now()).total_seconds() if due_at else None

    async def _turn(self, lane: Lane) -> tuple[list[Settled], LaneEnd]:
        if not lane.items:
            return [], LaneEnd(lane, None, None, "")
        token = await self._portal.token(lane.portal_id)
        if not token.bot.id:
            end = self._end(lane, NO_BOT_S, "bot_missing", "Run setup on the portal: it has no bot yet.")
            return self._untouched(lane), end
        settled, parked_until = await self._turns.send_all(lane, LaneTokens(self._portal, lane.portal_id, token))
        if parked_until is None:
            return settled, LaneEnd(lane, None, None, "")
        cause, next_step = next(((one.cause, one.next_step) for one in settled if one.cause), ("", ""))
        limited_since = (lane.limited_since or self._now()) if cause == "rate_budget_used_up" else None
        return settled, LaneEnd(lane, parked_until, limited_since, cause, next_step)

    def _untouched(self, lane: Lane) -> list[Settled]:
        return [put_back(item, self._now()) for item in lane.items]

    def _without_token(self, lane: Lane, error: PeerError) -> LaneEnd:
        if not error.is_final:
            return self._end(lane, PEER_AWAY_S, error.message)
        chance = random.random()  # noqa: S311 - jitter
        following = schedule.after(schedule.of_refused_token(error), 1, None, self._now(), chance)
        return self._end(lane, following.wait_s, following.cause, following.next_step)

    def _end(self, lane: Lane, wait_s: float, cause: str, next_step: str = "") -> LaneEnd:
        return LaneEnd(lane, self._now() + timedelta(seconds=wait_s), lane.limited_since, cause, next_step)
