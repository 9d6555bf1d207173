"""One send: the request within the portal's budget, and what follows from the answer."""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from bitrix.decisions import failure
from bitrix.errors import BitrixError, Kind
from bitrix.limiter import Priority
from bitrix.rest import Rest
from delivery import calls, schedule
from delivery.clients.portal import LaneTokens
from delivery.domain import INTERACTIVE, Attempt, Claimed, Lane, Settled, State
from kit.errors import PeerError

PEER_AWAY_S = 5.0
SEND_S = 24.0
"""Of one send with a refresh and a move on its way; under the lease of a lane."""
_NOT_SENT = {"rate_budget_used_up", "method_braked", "breaker_open", "connections_in_use"}


class Sender:
    """Sends claimed items."""

    def __init__(self, rest: Rest, now: Callable[[], datetime]) -> None:
        self._rest = rest
        self._now = now

    async def send(self, lane: Lane, item: Claimed, tokens: LaneTokens) -> tuple[Settled, datetime | None]:
        """Send an item. Returns what became of it and until when the whole lane must wait, if it must.

        What the lane waits for is not the item's to wait for: the item is due as soon as the lane runs again.
        """
        at, started = self._now(), time.perf_counter()
        error: BitrixError | None = None
        message_id = 0
        try:
            async with asyncio.timeout(SEND_S):
                message_id = await self._send(item, tokens)
        except BitrixError as failed:
            if failed.code in _NOT_SENT:
                return self._held_up(item, failed)
            error = failed
        except TimeoutError:
            error = failure("deadline", method="send")
        except PeerError as refusal:
            if not refusal.is_final:
                # The portal refused the token, so nothing was done; a new one is asked for again soon.
                return self.put_back(item, refusal.message), self._in(PEER_AWAY_S)
            error = schedule.of_refused_token(refusal)
        attempt = Attempt(
            at=at,
            outcome=_outcome(error),
            status=error.status if error else 200,
            code=error.code if error else "",
            latency_ms=int((time.perf_counter() - started) * 1000),
            wait_ms=_waited_ms(lane, item, at),
        )
        return self._settled(item, error, message_id, attempt)

    def put_back(self, item: Claimed, cause: str = "") -> Settled:
        """Return an item that was claimed and not tried to where it was."""
        return Settled(
            item, item.state_before, self._now(), cause, "", 0, item.attempts, item.unknown_since, attempt=None
        )

    def _held_up(self, item: Claimed, error: BitrixError) -> tuple[Settled, datetime | None]:
        """No request was made. What nobody waits for waits alone: the lane stays open for those who do."""
        free_at = self._in(error.retry_after_s or PEER_AWAY_S)
        if item.priority == INTERACTIVE or error.code == "breaker_open":
            return self.put_back(item, error.code), free_at
        return replace(self.put_back(item, error.code), due_at=free_at), None

    def _in(self, seconds: float) -> datetime:
        return self._now() + timedelta(seconds=seconds)

    async def _send(self, item: Claimed, tokens: LaneTokens) -> int:
        without: set[str] = set()
        while True:
            call = calls.send(item, tokens.bot, without)
            try:
                # No patience: the outbox waits and repeats, where it can be seen.
                answer = await self._rest.call(
                    tokens,
                    call,
                    patience_s=0,
                    priority=Priority.INTERACTIVE if item.priority == INTERACTIVE else Priority.WELCOME,
                )
                return calls.sent_id(call, answer.result)
            except BitrixError as error:
                # Refused before the key was taken (contract 4.6): the key holds.
                refused = calls.MAY_GO.get(error.code)
                if refused is None or refused in without:
                    raise
                without.add(refused)

    def _settled(
        self, item: Claimed, error: BitrixError | None, message_id: int, attempt: Attempt
    ) -> tuple[Settled, datetime | None]:
        now = self._now()
        if error is None:
            done = Settled(item, State.SENT, now, "", "", message_id, item.attempts + 1, None, attempt)
            return done, None
        following = schedule.after(error, item.attempts + 1, item.unknown_since, now, random.random())  # noqa: S311 - jitter
        unknown, free_at = following.state is State.UNKNOWN, self._in(following.wait_s)
        done = Settled(
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
        return done, free_at if following.parks else None


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
