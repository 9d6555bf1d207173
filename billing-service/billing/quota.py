"""Reserve, then commit or release: parallel answers cannot overshoot a limit, and nothing is counted twice."""

import itertools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from billing.domain import (
    REPLIES,
    SUBSCRIPTION,
    TOKENS,
    TOKENS_SET_ASIDE,
    Decision,
    Reservation,
    Room,
    Subscription,
)
from billing.known import Known
from billing.periods import Period, period_of
from billing.repository import quota as statements
from billing.repository import requests
from billing.standing import is_served
from kit import db, ids
from kit.coalesce import Lines

Turn = tuple[Reservation, str]
"""A reservation and what becomes of it: `counted` or `released`."""
RESERVATION_LIFE = timedelta(minutes=15)
KEYS_KEPT = timedelta(days=35)
"""An event may come up to 32 days late: its key must still be known then."""
_SWEEP_LIMIT = 500
_AT_ONCE = 1000
"""Reservations of a statement at the most."""


class Quota:
    """Sets units aside and counts them."""

    def __init__(self, engine: AsyncEngine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._at_once = db.at_once(engine)
        self._known = Known()
        self._now = now
        # Calls about one portal share a statement. Each with its own, those of a busy one would wait for one row
        # in Postgres, and hold all the connections meanwhile.
        self._reserving = Lines(self._reserve_of_calls, max_weight=_AT_ONCE, weigh=len)
        self._settling = Lines(self._settle_of_calls, max_weight=_AT_ONCE, weigh=len)

    async def reserve(self, wanted: Sequence[Reservation]) -> list[Decision]:
        """Decide on each reservation, in order. A key decided before gets the same decision.

        Where a plan limits tokens, what a model may take at most is set aside too; where that does not fit, the
        answer is allowed and the model is not.
        """
        portal_id, *others = {item.portal_id for item in wanted}
        return await (self._reserve(wanted) if others else self._reserving.submit(portal_id, wanted))

    async def _reserve_of_calls(self, calls: Sequence[Sequence[Reservation]]) -> list[list[Decision]]:
        decisions = iter(await self._reserve(list(itertools.chain(*calls))))
        return [list(itertools.islice(decisions, len(wanted))) for wanted in calls]

    async def _reserve(self, wanted: Sequence[Reservation]) -> list[Decision]:
        now = self._now()
        async with self._at_once.connect() as conn:
            of = await self._known.of(conn, {item.portal_id for item in wanted}, now)
            rest = await _take(conn, wanted, REPLIES, 1, of, _periods(of, now), now)
            if rest:
                of |= await self._known.anew(conn, {item.portal_id for item in rest}, now)
        periods = _periods(of, now)
        denied = await self._decide(rest, REPLIES, 1, of, periods, now) if rest else {}
        for_model = [
            Reservation(item.portal_id, _tokens_of(item.key))
            for item in wanted
            if item.key not in denied and _limits_tokens(of[item.portal_id])
        ]
        mute = await self._set_tokens_aside(for_model, of, periods, now) if for_model else {}
        return [_decision(item, of[item.portal_id], denied, mute, periods) for item in wanted]

    async def commit(self, keys: Sequence[Reservation]) -> int:
        """Count reserved keys. Returns how many this call counted."""
        return await self._settle(
            [(item, "counted") for item in keys] + [(one, "released") for one in map(_for_model, keys)]
        )

    async def release(self, keys: Sequence[Reservation]) -> int:
        """Give reserved keys back, and what was set aside for their models. Returns how many were given back."""
        return await self._settle([(one, "released") for item in keys for one in (item, _for_model(item))])

    async def _settle(self, turns: Sequence[Turn]) -> int:
        portal_id, *others = {item.portal_id for item, _ in turns}
        return (
            (await self._settle_of_calls([turns]))[0] if others else await self._settling.submit(portal_id, turns)
        )

    async def _settle_of_calls(self, calls: Sequence[Sequence[Turn]]) -> list[int]:
        first = {item.key: (item, state) for item, state in reversed(list(itertools.chain(*calls)))}
        async with self._at_once.connect() as conn:
            done = await statements.settle(conn, list(first.values()), self._now())
        return [_mine(turns, done) for turns in calls]

    async def release_expired(self) -> None:
        """Give back what was reserved and never decided."""
        async with self._engine.connect() as conn:
            over = await statements.expired(conn, self._now(), _SWEEP_LIMIT)
        if over:
            async with self._engine.begin() as conn:
                await statements.settle(conn, [(item, "released") for item in over], self._now())

    async def prune(self) -> None:
        """Forget keys that nobody repeats any more."""
        async with self._engine.begin() as conn:
            await statements.prune(conn, ids.floor_of(self._now() - KEYS_KEPT))
            await requests.prune(conn, self._now() - KEYS_KEPT)

    async def _set_tokens_aside(
        self,
        wanted: Sequence[Reservation],
        of: Mapping[UUID, Subscription],
        periods: Mapping[UUID, Period],
        now: datetime,
    ) -> dict[UUID, str]:
        """Set aside what a model may take for each key; returns by what each key is denied that is."""
        async with self._at_once.connect() as conn:
            rest = await _take(conn, wanted, TOKENS, TOKENS_SET_ASIDE, of, periods, now)
        return await self._decide(rest, TOKENS, TOKENS_SET_ASIDE, of, periods, now) if rest else {}

    async def _decide(
        self,
        rest: Sequence[Reservation],
        metric: str,
        units: int,
        of: Mapping[UUID, Subscription],
        periods: Mapping[UUID, Period],
        now: datetime,
    ) -> dict[UUID, str]:
        """Set units aside for each key that is left; returns by what each key is denied that is."""
        until = now + RESERVATION_LIFE
        unserved = _unserved(of, now)
        async with self._engine.begin() as conn:
            new = await statements.open_reservations(conn, rest, metric, units, periods, until)
            fresh = list({item.key: item for item in rest if item.key in new}.values())
            denied = {item.key: SUBSCRIPTION for item in fresh if item.portal_id in unserved}
            open_to = [item for item in fresh if item.portal_id not in unserved]
            if open_to:
                limits = {item.portal_id: of[item.portal_id].hard_limit(metric) for item in open_to}
                rooms = await statements.lock_rooms(conn, limits, metric, periods)
                granted, refused = _share_out(open_to, rooms, units)
                if granted:
                    await statements.add_reserved(conn, granted, metric, periods)
                denied |= {item.key: metric for item in refused}
            if denied:
                out = [item for item in fresh if item.key in denied]
                await statements.deny(conn, out, [denied[item.key] for item in out])
            return denied | await statements.denied(conn, [item for item in rest if item.key not in new])


async def _take(
    conn: AsyncConnection,
    wanted: Sequence[Reservation],
    metric: str,
    units: int,
    of: Mapping[UUID, Subscription],
    periods: Mapping[UUID, Period],
    now: datetime,
) -> list[Reservation]:
    """Set units aside by one statement, which nearly always does it all; returns for which keys it did not."""
    unserved = _unserved(of, now)
    served = list({item.key: item for item in wanted if item.portal_id not in unserved}.values())
    if not served:
        return list(wanted)
    taken = await statements.take(conn, served, metric, units, of, periods, now + RESERVATION_LIFE)
    return [item for item in wanted if item.key not in taken]


def _unserved(of: Mapping[UUID, Subscription], now: datetime) -> set[UUID]:
    return {portal_id for portal_id, one in of.items() if not is_served(one, now)}


def _periods(of: Mapping[UUID, Subscription], now: datetime) -> dict[UUID, Period]:
    return {portal_id: period_of(now, one.anchor_day, one.time_zone) for portal_id, one in of.items()}


def _limits_tokens(one: Subscription) -> bool:
    return "llm" in one.plan.features and one.hard_limit(TOKENS) is not None


def _mine(turns: Sequence[Turn], done: set[tuple[UUID, str]]) -> int:
    """Return how many of a call's keys of replies were turned, and take them off: another call's are not they."""
    mine = {(item.key, state) for item, state in turns} & done
    done -= mine
    return len(mine)


def _tokens_of(key: UUID) -> UUID:
    """Return the key under which tokens are set aside for the answer of a key."""
    return ids.derive(key, TOKENS)


def _for_model(item: Reservation) -> Reservation:
    return Reservation(item.portal_id, _tokens_of(item.key))


def _decision(
    item: Reservation,
    subscription: Subscription,
    denied: Mapping[UUID, str],
    mute: Mapping[UUID, str],
    periods: Mapping[UUID, Period],
) -> Decision:
    if by := denied.get(item.key):
        return Decision(item.key, granted=False, limit=by, resets_at=periods[item.portal_id].end)
    without = {"llm"} if _tokens_of(item.key) in mute else set()
    return Decision(item.key, granted=True, features=subscription.plan.features - without)


def _share_out(
    wanted: Sequence[Reservation], rooms: Mapping[UUID, Room], units: int
) -> tuple[dict[UUID, int], list[Reservation]]:
    """Return units granted per portal, first come first served, and the reservations that did not fit."""
    left = {
        portal_id: rooms[portal_id].admits(count * units) // units
        for portal_id, count in Counter(item.portal_id for item in wanted).items()
    }
    granted = {portal_id: count * units for portal_id, count in left.items() if count}
    refused: list[Reservation] = []
    for item in wanted:
        if left[item.portal_id]:
            left[item.portal_id] -= 1
        else:
            refused.append(item)
    return granted, refused
