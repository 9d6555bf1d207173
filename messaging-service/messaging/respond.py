"""Answers: claim dialogs, decide, fix the replies, hand them over, let the dialogs go.

A batch of dialogs costs the same few statements and calls whatever its size. Whatever stops it half-way, the
lease ends and the next worker finds what is left: questions still pending, or replies fixed and not handed over.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from kit import db, ids
from kit.errors import PeerError
from messaging.clients.billing import BillingClient
from messaging.clients.delivery import DeliveryClient
from messaging.compose import Composed, Composer
from messaging.domain import ClaimedDialog, Quota, Reply
from messaging.repository import dialogs as statements
from messaging.repository import replies

log = structlog.get_logger("respond")

LEASE = timedelta(seconds=12)
"""A worker that is killed right after its claim is replaced within 15 s, the sweep and the send included."""
BATCH = 50
MAX_BATCHES = 4
GIVE_UP_AFTER = timedelta(hours=1)
"""How long a dialog that is refused for good is tried: a wrong release may be put right meanwhile."""
_PEER_AWAY_S = 2.0
_REFUSED_S = 60.0


@dataclass(frozen=True)
class Batch:
    """Dialogs held under one lease."""

    token: UUID
    dialogs: list[ClaimedDialog]


class Responder:
    """Answers dialogs that are owed a reply."""

    def __init__(
        self,
        engine: AsyncEngine,
        billing: BillingClient,
        delivery: DeliveryClient,
        now: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._at_once = db.at_once(engine)
        self._billing = billing
        self._delivery = delivery
        self._now = now
        # Workers begin with different portals: they are less in each other's way.
        self._last_in_turn = uuid4()

    async def claim(self, free: int) -> list[Batch]:
        """Hold up to `free` batches of dialogs, of portals in turn; nothing when none is owed a reply."""
        now, token, last = self._now(), ids.uuid7(), self._last_in_turn
        async with self._at_once.connect() as conn:
            held = await statements.claim(conn, now, now + LEASE, token, free * BATCH, last)
        if held:
            self._last_in_turn = max((one.portal_id for one in held), key=lambda portal: (portal <= last, portal))
        return [Batch(token, held[start : start + BATCH]) for start in range(0, len(held), BATCH)]

    async def answer(self, batch: Batch) -> float | None:
        """Answer a batch. Returns the seconds after which to look again, None when nothing is left.

        What one dialog is refused for must not be its neighbours' trouble: then each is answered alone.
        """
        try:
            return await self._answer(batch)
        except Exception as error:
            if db.is_away(error):
                raise  # nothing can be noted either: the lease ends by itself
            if isinstance(error, PeerError) and error.is_transient:
                log.warning("answers postponed", dialogs=len(batch.dialogs), reason=error.reason)
                return await self._postpone(batch, _PEER_AWAY_S)
            if len(batch.dialogs) == 1:
                return await self._refused(batch, error)
        waits = [await self.answer(Batch(batch.token, [dialog])) for dialog in batch.dialogs]
        return min((wait for wait in waits if wait is not None), default=None)

    async def _refused(self, batch: Batch, error: Exception) -> float | None:
        """Try a dialog that is refused by itself again; refused for good, its questions fail, for all to see."""
        (dialog,), now = batch.dialogs, self._now()
        reason = error.reason if isinstance(error, PeerError) else type(error).__name__
        log.error("dialog not answered", portal_id=str(dialog.portal_id), dialog_id=str(dialog.id), exc_info=error)
        is_final = error.is_final if isinstance(error, PeerError) else db.is_bad_data(error)
        if not is_final or now - dialog.pending_since < GIVE_UP_AFTER:
            return await self._postpone(batch, _REFUSED_S)
        async with self._engine.begin() as conn:
            await replies.give_up(conn, dialog, f"not_answerable: {reason}", now)
        await self._let_go(batch, [], None)
        return None

    async def _postpone(self, batch: Batch, seconds: float) -> float:
        wait_s = seconds * random.uniform(1, 1.5)  # noqa: S311 - spreads load, guards nothing
        await self._let_go(batch, [], self._now() + timedelta(seconds=wait_s))
        return wait_s

    async def _answer(self, batch: Batch) -> float | None:
        composed = await self._compose(batch)
        if composed:
            await self._fix(composed)
        handed = await self._hand_over(batch)
        owed = await self._let_go(batch, handed, None)
        log.info("dialogs answered", dialogs=len(batch.dialogs), replies=len(handed), owed_again=owed)
        return 0.0 if owed else None

    async def _compose(self, batch: Batch) -> Composed | None:
        claimed_at = self._now()
        async with self._at_once.connect() as conn:
            questions = await statements.questions(conn, batch.dialogs)
        if not questions:
            return None
        composer = Composer(batch.dialogs, claimed_at)
        asked = composer.sort_out(questions)
        if searched := composer.dialogs_to_search_for(asked):
            self._delivery.show_typing(searched)
        quotas: dict[UUID, Quota] = await self._billing.reserve(asked) if asked else {}
        quota_at = self._now()
        for question in asked:
            composer.reply_to_question(question, quotas[question.id], quota_at)
        return composer.composed

    async def _fix(self, composed: Composed) -> None:
        now = self._now()
        async with self._engine.begin() as conn:
            # A question that was edited or deleted meanwhile gets no reply to what it said before.
            handled = await replies.mark_handled(conn, composed.handled)
            await replies.fix(conn, [one for one in composed.replies if one.reply_to in handled], now)
            if composed.greeted:
                await statements.mark_greeted(conn, composed.greeted, now)
            if composed.refused:
                await statements.mark_refused(conn, composed.refused, now)

    async def _hand_over(self, batch: Batch) -> list[Reply]:
        async with self._at_once.connect() as conn:
            owed = await replies.unhanded(conn, batch.dialogs)
        if owed:
            answered = {(reply.portal_id, reply.reply_to) for reply in owed if reply.reply_to}
            # Both may be repeated, and are until both are done.
            await asyncio.gather(self._billing.commit(answered), self._delivery.enqueue(owed))
        return owed

    async def _let_go(self, batch: Batch, handed: Sequence[Reply], retry_at: datetime | None) -> int:
        async with self._engine.begin() as conn:
            if handed:
                await replies.mark_handed(conn, handed, self._now())
            await statements.lock(conn, batch.dialogs)
            return await statements.let_go(conn, batch.dialogs, batch.token, retry_at)
