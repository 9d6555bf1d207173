"""Answers: claim dialogs, decide, fix the replies, hand them over, let the dialogs go.

A batch of dialogs costs the same few statements and calls whatever its size. Whatever stops it half-way, the
lease ends and the next worker finds what is left: questions still pending, or replies fixed and not handed over.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from kit import ids
from kit.errors import PeerError
from messaging.clients.billing import BillingClient
from messaging.clients.delivery import DeliveryClient
from messaging.compose import Composed, Composer
from messaging.domain import ClaimedDialog, Quota, Reply
from messaging.repository import dialogs as statements

log = structlog.get_logger("respond")

LEASE = timedelta(seconds=15)
BATCH = 50
MAX_BATCHES = 4
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
        self._billing = billing
        self._delivery = delivery
        self._now = now

    async def claim(self, free: int) -> list[Batch]:
        """Hold a batch of dialogs; nothing when none is owed a reply."""
        now, token = self._now(), ids.uuid7()
        async with self._engine.begin() as conn:
            held = await statements.claim(conn, now, now + LEASE, token, min(free, 1) * BATCH)
        return [Batch(token, held)] if held else []

    async def answer(self, batch: Batch) -> float | None:
        """Answer a batch. Returns the seconds after which to look again, None when nothing is left.

        What one dialog is refused for must not be its neighbours' trouble: then each is answered alone.
        """
        try:
            return await self._answer(batch)
        except PeerError as error:
            log.warning("answers postponed", dialogs=len(batch.dialogs), peer=error.peer, reason=error.reason)
            if error.is_transient or len(batch.dialogs) == 1:
                wait_s = _PEER_AWAY_S if error.is_transient else _REFUSED_S
                await self._let_go(batch, [], self._now() + timedelta(seconds=wait_s))
                return wait_s
        waits = [await self.answer(Batch(batch.token, [dialog])) for dialog in batch.dialogs]
        return min((wait for wait in waits if wait is not None), default=None)

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
        async with self._engine.connect() as conn:
            questions = await statements.questions(conn, batch.dialogs)
        if not questions:
            return None
        composer = Composer(batch.dialogs, claimed_at)
        asked = composer.sort_out(questions)
        quotas: dict[UUID, Quota] = await self._billing.reserve(asked) if asked else {}
        quota_at = self._now()
        for question in asked:
            composer.reply_to_question(question, quotas[question.id], quota_at)
        return composer.composed

    async def _fix(self, composed: Composed) -> None:
        now = self._now()
        async with self._engine.begin() as conn:
            await statements.fix_replies(conn, composed.replies, now)
            await statements.mark_handled(conn, composed.handled)
            if composed.greeted or composed.refused:
                await statements.mark_spoken(conn, composed.greeted, composed.refused, now)

    async def _hand_over(self, batch: Batch) -> list[Reply]:
        async with self._engine.connect() as conn:
            replies = await statements.unhanded(conn, batch.dialogs)
        if replies:
            await self._billing.commit([(reply.portal_id, reply.reply_to) for reply in replies if reply.reply_to])
            await self._delivery.enqueue(replies)
        return replies

    async def _let_go(self, batch: Batch, handed: Sequence[Reply], retry_at: datetime | None) -> int:
        async with self._engine.begin() as conn:
            if handed:
                await statements.mark_handed(conn, handed, self._now())
            await statements.lock(conn, batch.dialogs)
            return await statements.let_go(conn, batch.dialogs, batch.token, retry_at)
