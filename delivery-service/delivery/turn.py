"""A turn of a lane: its items go to the portal, few by themselves, many in one request.

Bitrix24 counts requests, not messages. What went out before and nobody knows whether it is shown travels alone, so
that it cannot spoil the way of others again; its key tells the portal what it has shown (contract 4.6).
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from bitrix.batch import may_join
from delivery import calls
from delivery.clients.portal import LaneTokens
from delivery.domain import Claimed, Lane, Settled, State
from delivery.send import Done, Sender

FEW = 4
"""So many go side by side, each in a request of its own, which is soonest; more go together."""
TURN_S = 5.0
"""No further send begins in a turn that has lasted as long."""


class Turns:
    """Sends what a lane holds."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    async def send_all(self, lane: Lane, tokens: LaneTokens) -> tuple[list[Settled], datetime | None]:
        """Send the items of a lane. Returns what became of all, and until when to park the lane, if at all."""
        together, apart = _sort(lane.items, tokens)
        deadline = asyncio.get_running_loop().time() + TURN_S
        runs = [self._send_dialog(lane, dialog, tokens, deadline) for dialog in apart]
        if together:
            runs.append(self._sender.send_together(lane, together, tokens))
        done = [one for run in await asyncio.gather(*runs) for one in run]
        parked = [one.parked_until for one in done if one.parked_until]
        return [one.settled for one in done], max(parked) if parked else None

    async def _send_dialog(
        self, lane: Lane, items: Sequence[Claimed], tokens: LaneTokens, deadline: float
    ) -> list[Done]:
        done: list[Done] = []
        for place, item in enumerate(items):
            if asyncio.get_running_loop().time() > deadline:
                return done + self._sender.put_back(items[place:])
            done.append(await self._sender.send(lane, item, tokens))
            if done[-1].parked_until or done[-1].settled.state not in {State.SENT, State.DEAD}:
                return done + self._sender.put_back(items[place + 1 :])
        return done


def _sort(items: Sequence[Claimed], tokens: LaneTokens) -> tuple[list[Claimed], list[list[Claimed]]]:
    """Return the items that go together, in order, and the dialogs that go each by itself."""
    dialogs: dict[UUID, list[Claimed]] = defaultdict(list)
    for item in items:
        dialogs[item.dialog_id].append(item)
    if len(items) <= FEW:
        return [], list(dialogs.values())
    apart = {dialog_id for dialog_id, ones in dialogs.items() if not all(_may_join(one, tokens) for one in ones)}
    together = [item for item in items if item.dialog_id not in apart]
    return together, [ones for dialog_id, ones in dialogs.items() if dialog_id in apart]


def _may_join(item: Claimed, tokens: LaneTokens) -> bool:
    return item.state_before is not State.UNKNOWN and may_join(calls.send(item, tokens.bot, set()))
