"""Sends: requests within the portal's budget, and what follows from the answers."""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bitrix.client import Answer, Call
from bitrix.decisions import failure
from bitrix.errors import BitrixError, Kind
from bitrix.limiter import Priority
from bitrix.rest import Rest
from delivery import calls, schedule
from delivery.clients.portal import LaneTokens
from delivery.domain import INTERACTIVE, Attempt, Claimed, Lane, Settled, State
from kit import ids, tracing
from kit.errors import PeerError

PEER_AWAY_S = 5.0
SEND_S = 24.0
"""Of one request with a refresh and a move on its way."""
_NOT_SENT = {"rate_budget_used_up", "method_braked", "breaker_open", "connections_in_use"}
_NOT_TRIED = "not_tried"


@dataclass(frozen=True)
class Done:
    """What became of an item, and until when its whole lane must wait, if it must.

    What the lane waits for is not the item's to wait for: the item is due as soon as the lane runs again.
    """

    settled: Settled
    parked_until: datetime | None = None


@dataclass(frozen=True)
class _Request:
    """One request, for the attempts' log: whose are of one request share its id."""

    id: str
    lane: Lane
    at: datetime
    started: float

    def attempt(self, item: Claimed, error: BitrixError | None) -> Attempt:
        outcome = _outcome(error)
        tracing.record("send", item.trace_id, self.at, outcome=outcome, request_id=self.id)
        return Attempt(
            at=self.at,
            outcome=outcome,
            status=error.status if error else 200,
            code=error.code if error else "",
            latency_ms=int((time.perf_counter() - self.started) * 1000),
            wait_ms=_waited_ms(self.lane, item, self.at),
            request_id=self.id,
        )


def put_back(item: Claimed, due_at: datetime, cause: str = "") -> Settled:
    """Return an item that was claimed and not tried to where it was."""
    return Settled(item, item.state_before, due_at, cause, "", 0, item.attempts, item.unknown_since, attempt=None)


class Sender:
    """Sends claimed items."""

    def __init__(self, rest: Rest, now: Callable[[], datetime]) -> None:
        self._rest = rest
        self._now = now

    async def send(self, lane: Lane, item: Claimed, tokens: LaneTokens) -> Done:
        """Send an item by itself."""
        request = self._request(lane)
        try:
            async with asyncio.timeout(SEND_S):
                message_id = await self._send(item, tokens)
        except (BitrixError, PeerError, TimeoutError) as error:
            return self._failed(request, item, error)
        return self._sent(request, item, message_id)

    async def send_together(self, lane: Lane, items: Sequence[Claimed], tokens: LaneTokens) -> list[Done]:
        """Send items in one request, in their order; what comes after one that fails is not tried.

        So a dialog's order is kept whatever fails, and nothing is shown before what was enqueued before it.
        """
        request = self._request(lane)
        asked = [calls.send(item, tokens.bot, set()) for item in items]
        try:
            async with asyncio.timeout(SEND_S):
                outcomes = await self._rest.batch(
                    tokens, asked, patience_s=0, priority=_priority(items), halt=True
                )
        except TimeoutError as error:
            return [self._failed(request, item, error) for item in items]
        except PeerError as error:
            # Nothing was done, and it is not the items' fault: one of them tells, for the log.
            return [self._failed(request, items[0], error), *self.put_back(items[1:])]
        done: list[Done] = []
        for place, (call, outcome) in enumerate(zip(asked, outcomes, strict=True)):
            done.append(await self._ended(request, items[place], call, outcome, tokens))
            if done[-1].parked_until:
                # What stops the lane stops what came after: it was not tried, or is refused for the same.
                return done + self.put_back(items[place + 1 :])
        return done

    def put_back(self, items: Sequence[Claimed], cause: str = "") -> list[Done]:
        """Return items that were not tried to where they were."""
        return [Done(put_back(item, self._now(), cause)) for item in items]

    async def _ended(
        self, request: _Request, item: Claimed, call: Call, outcome: Answer | BitrixError, tokens: LaneTokens
    ) -> Done:
        if isinstance(outcome, Answer):
            try:
                return self._sent(request, item, calls.sent_id(call, outcome.result))
            except BitrixError as error:
                return self._failed(request, item, error)
        if outcome.code == _NOT_TRIED:
            return self.put_back([item])[0]
        if outcome.code in calls.MAY_GO:
            return await self.send(request.lane, item, tokens)  # it goes without what was refused of it
        return self._failed(request, item, outcome)

    async def _send(self, item: Claimed, tokens: LaneTokens) -> int:
        without: set[str] = set()
        while True:
            call = calls.send(item, tokens.bot, without)
            try:
                # No patience: the outbox waits and repeats, where it can be seen.
                answer = await self._rest.call(tokens, call, patience_s=0, priority=_priority([item]))
                return calls.sent_id(call, answer.result)
            except BitrixError as error:
                # Refused before the key was taken (contract 4.6): the key holds.
                refused = calls.MAY_GO.get(error.code)
                if refused is None or refused in without:
                    raise
                without.add(refused)

    def _request(self, lane: Lane) -> _Request:
        return _Request(ids.uuid7().hex, lane, self._now(), time.perf_counter())

    def _sent(self, request: _Request, item: Claimed, message_id: int) -> Done:
        attempt = request.attempt(item, None)
        return Done(Settled(item, State.SENT, self._now(), "", "", message_id, item.attempts + 1, None, attempt))

    def _failed(self, request: _Request, item: Claimed, error: BitrixError | PeerError | TimeoutError) -> Done:
        if isinstance(error, PeerError):
            if not error.is_final:
                # The portal refused the token, so nothing was done; a new one is asked for again soon.
                return Done(put_back(item, self._now(), error.message), self._in(PEER_AWAY_S))
            error = schedule.of_refused_token(error)
        elif isinstance(error, TimeoutError):
            error = failure("deadline", method="send")
        if error.code in _NOT_SENT:
            return self._held_up(item, error)
        return self._refused(item, error, request.attempt(item, error))

    def _held_up(self, item: Claimed, error: BitrixError) -> Done:
        """No request was made. What nobody waits for waits alone: the lane stays open for those who do."""
        free_at = self._in(error.retry_after_s or PEER_AWAY_S)
        if item.priority == INTERACTIVE or error.code == "breaker_open":
            return Done(put_back(item, self._now(), error.code), free_at)
        return Done(put_back(item, free_at, error.code))

    def _refused(self, item: Claimed, error: BitrixError, attempt: Attempt) -> Done:
        now = self._now()
        following = schedule.after(error, item.attempts + 1, item.unknown_since, now, random.random())  # noqa: S311 - jitter
        unknown, free_at = following.state is State.UNKNOWN, self._in(following.wait_s)
        settled = Settled(
            item=item,
            state=following.state,
            due_at=now if following.parks else free_at,
            cause=following.cause,
            next_step=following.next_step,
            provider_message_id=0,
            attempts=item.attempts + (1 if following.counts else 0),
            unknown_since=(item.unknown_since or now) if unknown else item.unknown_since,
            attempt=attempt,
        )
        return Done(settled, free_at if following.parks else None)

    def _in(self, seconds: float) -> datetime:
        return self._now() + timedelta(seconds=seconds)


def _priority(items: Sequence[Claimed]) -> Priority:
    """What travels with something that a person waits for costs no request of its own."""
    is_awaited = any(item.priority == INTERACTIVE for item in items)
    return Priority.INTERACTIVE if is_awaited else Priority.WELCOME


def _outcome(error: BitrixError | None) -> str:
    if error is None:
        return "sent"
    if error.kind is Kind.THROTTLE:
        return "throttled"
    return "unknown" if error.kind in {Kind.UNKNOWN, Kind.SERVER} else "refused"


def _waited_ms(lane: Lane, item: Claimed, at: datetime) -> int:
    if lane.limited_since is None:
        return 0
    return max(0, int((at - max(lane.limited_since, item.created_at)).total_seconds() * 1000))
