"""One send: the request, a token refreshed when it is refused, and what follows from the answer."""

import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bitrix.client import BitrixClient
from bitrix.errors import BitrixError, Kind
from bitrix.events import as_id, as_map
from delivery import schedule
from delivery.clients.portal import PortalClient, Token
from delivery.domain import Attempt, Claimed, Lane, Settled, State
from kit.errors import PeerError

METHOD = "imbot.v2.Chat.Message.send"
PEER_AWAY_S = 5.0


class Sender:
    """Sends claimed items."""

    def __init__(self, client: BitrixClient, portal: PortalClient, now: Callable[[], datetime]) -> None:
        self._client = client
        self._portal = portal
        self._now = now

    async def send(self, lane: Lane, item: Claimed, token: Token) -> tuple[Settled, bool]:
        """Send an item. Returns what became of it and whether the whole lane must wait until its due time."""
        at, started = self._now(), time.perf_counter()
        error: BitrixError | None = None
        message_id = 0
        try:
            message_id = await self._send(item, token)
        except BitrixError as failure:
            error = failure
        except PeerError as failure:
            if failure.is_transient:
                # The portal refused the token, so nothing was done; a new one is asked for again soon.
                again_at = self._now() + timedelta(seconds=PEER_AWAY_S)
                return replace(self.put_back(item, failure.message), due_at=again_at), True
            error = schedule.of_refused_token(failure)
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

    async def _send(self, item: Claimed, token: Token) -> int:
        fields: dict[str, Any] = {"message": item.body, "templateId": item.uuid}
        if item.reply_to_provider_id:
            fields["replyId"] = item.reply_to_provider_id
        is_refreshed = False
        while True:
            try:
                result = await self._call(item, token, fields)
                break
            except BitrixError as error:
                if error.kind is Kind.TOKEN and not is_refreshed:
                    token = await self._portal.refreshed(item.portal_id, token)
                    is_refreshed = True
                elif error.code == "REPLY_ERROR" and "replyId" in fields:
                    # The question is gone. This is refused before the key is taken (contract 4.6): the key holds.
                    del fields["replyId"]
                else:
                    raise
        message_id = as_id(as_map(result).get("id"))
        if not message_id:
            raise BitrixError.unexpected(METHOD)
        return message_id

    async def _call(self, item: Claimed, token: Token, fields: dict[str, Any]) -> Any:
        params = {"botId": token.bot_id, "dialogId": item.provider_dialog_id, "fields": fields}
        return await self._client.call(token.credential, METHOD, params)

    def _settled(
        self, item: Claimed, error: BitrixError | None, message_id: int, attempt: Attempt
    ) -> tuple[Settled, bool]:
        now = self._now()
        if error is None:
            done = Settled(item, State.SENT, now, "", "", message_id, item.attempts + 1, None, attempt)
            return done, False
        following = schedule.after(error, item.attempts + 1, item.unknown_since, now, random.random())  # noqa: S311 - jitter
        unknown = following.state is State.UNKNOWN
        done = Settled(
            item=item,
            state=following.state,
            due_at=now + timedelta(seconds=following.wait_s),
            cause=following.cause,
            next_step=following.next_step,
            provider_message_id=0,
            attempts=item.attempts + (1 if following.counts else 0),
            unknown_since=(item.unknown_since or now) if unknown else item.unknown_since,
            attempt=attempt,
        )
        return done, following.parks


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
