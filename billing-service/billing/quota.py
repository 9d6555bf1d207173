"""Reserve, then commit or release: parallel answers cannot overshoot a limit, and nothing is counted twice."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from billing import repository
from billing.domain import DEFAULT_PLAN_CODE, REPLIES, TOKENS, Decision, ModelUse, Reservation, Room, period_of

RESERVATION_LIFE = timedelta(minutes=15)
_SWEEP_LIMIT = 500


class Quota:
    """Sets units aside and counts them."""

    def __init__(self, engine: AsyncEngine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    async def reserve(self, wanted: Sequence[Reservation]) -> list[Decision]:
        """Decide on each reservation, in order. A key decided before gets the same decision."""
        now = self._now()
        period = period_of(now)
        async with self._engine.begin() as conn:
            new = await repository.open_reservations(conn, wanted, REPLIES, period.start, now + RESERVATION_LIFE)
            fresh = list({item.key: item for item in wanted if item.key in new}.values())
            denied: set[UUID] = set()
            if fresh:
                portal_ids = sorted({item.portal_id for item in fresh})
                await repository.put_on_default_plan(conn, portal_ids, DEFAULT_PLAN_CODE)
                rooms = await repository.lock_rooms(conn, portal_ids, REPLIES, period.start)
                granted, refused = _share_out(fresh, rooms)
                await repository.add_reserved(conn, granted, REPLIES, period.start)
                if refused:
                    await repository.deny(conn, refused)
                    denied = {item.key for item in refused}
            if len(new) < len(wanted):
                known = await repository.states(conn, [item for item in wanted if item.key not in new])
                denied |= {key for key, state in known.items() if state == "denied"}
        return [
            Decision(item.key, granted=False, limit=REPLIES, resets_at=period.end)
            if item.key in denied
            else Decision(item.key, granted=True, limit="", resets_at=None)
            for item in wanted
        ]

    async def commit(self, keys: Sequence[Reservation]) -> int:
        """Count reserved keys. Returns how many this call counted."""
        async with self._engine.begin() as conn:
            return await repository.settle(conn, keys, "counted")

    async def release(self, keys: Sequence[Reservation]) -> int:
        """Give reserved keys back. Returns how many this call gave back."""
        async with self._engine.begin() as conn:
            return await repository.settle(conn, keys, "released")

    async def record_model_uses(self, uses: Sequence[ModelUse]) -> int:
        """Count the tokens of models' calls, in the period in which they are told. Returns how many are new."""
        now = self._now()
        async with self._engine.begin() as conn:
            return await repository.record_model_uses(conn, uses, TOKENS, period_of(now).start, now)

    async def release_expired(self) -> None:
        """Give back what was reserved and never decided."""
        async with self._engine.connect() as conn:
            over = await repository.expired(conn, self._now(), _SWEEP_LIMIT)
        if over:
            await self.release(over)


def _share_out(
    wanted: Sequence[Reservation], rooms: dict[UUID, Room]
) -> tuple[dict[UUID, int], list[Reservation]]:
    """Return units granted per portal, first come first served, and the reservations that did not fit."""
    left = {
        portal_id: rooms[portal_id].admits(units)
        for portal_id, units in Counter(item.portal_id for item in wanted).items()
    }
    granted = dict(left)
    refused: list[Reservation] = []
    for item in wanted:
        if left[item.portal_id]:
            left[item.portal_id] -= 1
        else:
            refused.append(item)
    return granted, refused
