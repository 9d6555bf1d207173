"""Lanes: each portal's sends go through one lane at a time, and every lane has its turn.

A turn is short: claim a few items, send what the portal's budget allows, settle, let go.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from delivery import schedule
from delivery.clients.portal import LaneTokens, PortalClient
from delivery.domain import Claimed, Lane, LaneEnd, Settled, State
from delivery.repository import lanes as statements
from delivery.repository import outbox
from delivery.send import PEER_AWAY_S, Sender
from delivery.settle import Settlement
from kit import db, ids
from kit.errors import PeerError

log = structlog.get_logger("lanes")

LEASE = timedelta(seconds=30)
QUANTUM = 16
"""Items that a lane may send in one turn; one while its budget is used up."""
TURN_S = 5.0
"""No further send begins in a turn that has lasted as long."""
MAX_LANES = 128
NO_BOT_S = 300.0
"""How long a lane rests whose portal has no bot; the news of one lets it run at once."""


class Lanes:
    """Serves the lanes that are due."""

    def __init__(
        self,
        engine: AsyncEngine,
        portal: PortalClient,
        sender: Sender,
        settlement: Settlement,
        now: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._portal = portal
        self._sender = sender
        self._settlement = settlement
        self._now = now

    async def claim(self, free: int) -> list[Lane]:
        """Hold up to `free` lanes that are due."""
        now = self._now()
        async with self._engine.begin() as conn:
            return await statements.claim(conn, now, now + LEASE, ids.uuid7(), free)

    async def take_turn(self, lane: Lane) -> float | None:
        """Serve a held lane once and let it go. Returns the seconds for which it is parked, None if it is not."""
        try:
            settled, end = await self._turn(lane)
        except PeerError as error:
            settled, end = [], self._without_token(lane, error)
        except Exception as error:
            log.error("turn failed", portal_id=str(lane.portal_id), error=repr(error), exc_info=db.cause(error))
            settled, end = [], self._end(lane, PEER_AWAY_S, repr(error))
        await self._settlement.settle(settled, end)
        return (end.parked_until - self._now()).total_seconds() if end.parked_until else None

    async def _turn(self, lane: Lane) -> tuple[list[Settled], LaneEnd]:
        token = await self._portal.token(lane.portal_id)
        if not token.bot.id:
            return [], self._end(lane, NO_BOT_S, "bot_missing", "Run setup on the portal: it has no bot yet.")
        items = await self._claim_items(lane)
        if not items:
            return [], LaneEnd(lane, None, None, "")
        settled, parked_until = await self._send_all(lane, items, LaneTokens(self._portal, lane.portal_id, token))
        if parked_until is None:
            return settled, LaneEnd(lane, None, None, "")
        cause, next_step = _why_parked(settled)
        limited_since = (lane.limited_since or self._now()) if cause == "rate_budget_used_up" else None
        return settled, LaneEnd(lane, parked_until, limited_since, cause, next_step)

    async def _claim_items(self, lane: Lane) -> list[Claimed]:
        now = self._now()
        limit = 1 if lane.limited_since else QUANTUM
        async with self._engine.begin() as conn:
            return await outbox.claim(
                conn, lane.portal_id, lane.token, now, now + timedelta(seconds=schedule.UNKNOWN_AFTER_S), limit
            )

    async def _send_all(
        self, lane: Lane, items: list[Claimed], tokens: LaneTokens
    ) -> tuple[list[Settled], datetime | None]:
        """Send dialogs side by side, each in its order. Returns what became of all, and until when to park."""
        dialogs: dict[object, list[Claimed]] = defaultdict(list)
        for item in items:
            dialogs[item.dialog_id].append(item)
        deadline = asyncio.get_running_loop().time() + TURN_S
        runs = await asyncio.gather(
            *(self._send_dialog(lane, dialog, tokens, deadline) for dialog in dialogs.values())
        )
        settled = [one for run, _ in runs for one in run]
        parked = [until for _, until in runs if until]
        return settled, max(parked) if parked else None

    async def _send_dialog(
        self, lane: Lane, items: list[Claimed], tokens: LaneTokens, deadline: float
    ) -> tuple[list[Settled], datetime | None]:
        settled: list[Settled] = []
        for place, item in enumerate(items):
            if asyncio.get_running_loop().time() > deadline:
                return settled + [self._sender.put_back(rest) for rest in items[place:]], None
            done, parked_until = await self._sender.send(lane, item, tokens)
            settled.append(done)
            if parked_until or done.state not in {State.SENT, State.DEAD}:
                return settled + [self._sender.put_back(rest) for rest in items[place + 1 :]], parked_until
        return settled, None

    def _without_token(self, lane: Lane, error: PeerError) -> LaneEnd:
        if not error.is_final:
            return self._end(lane, PEER_AWAY_S, error.message)
        chance = random.random()  # noqa: S311 - jitter
        following = schedule.after(schedule.of_refused_token(error), 1, None, self._now(), chance)
        return self._end(lane, following.wait_s, following.cause, following.next_step)

    def _end(self, lane: Lane, wait_s: float, cause: str, next_step: str = "") -> LaneEnd:
        return LaneEnd(lane, self._now() + timedelta(seconds=wait_s), lane.limited_since, cause, next_step)


def _why_parked(settled: list[Settled]) -> tuple[str, str]:
    return next(((one.cause, one.next_step) for one in settled if one.cause), ("", ""))
