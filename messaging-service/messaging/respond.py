"""Answers: claim dialogs, decide, fix the replies, hand them over, let the dialogs go.

A batch of dialogs costs the same few statements and calls whatever its size. Whatever stops it half-way, the
lease ends and the next worker finds what is left: questions still pending, or replies fixed and not handed over.
"""

import asyncio
import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from bitrix.events import without_mentions
from kit import db, ids, metrics
from kit.dispatch import DRAIN_S
from kit.errors import PeerError
from messaging import rules
from messaging.answering import Answering
from messaging.clients.billing import BillingClient
from messaging.clients.delivery import DeliveryClient
from messaging.compose import Answered, Composed, Composer
from messaging.domain import Batch, ClaimedDialog, ModelCall, Question, Quota, Reply
from messaging.knowledge.prompt import Turn
from messaging.repository import dialogs as statements
from messaging.repository import documents, explanations, replies
from messaging.slowly import Slowly

log = structlog.get_logger("respond")

LEASE = timedelta(seconds=12)
"""A worker that is killed right after its claim is replaced within 15 s, the sweep and the send included."""
BATCH = 50
MAX_BATCHES = 4
GATHER_S = 0.05
GIVE_UP_AFTER = timedelta(hours=1)
"""How long a dialog that is refused for good is tried: a wrong release may be put right meanwhile."""
_PEER_AWAY_S = 2.0
_REFUSED_S = 60.0
_FULL_S = 5.0
"""How long dialogs wait whose portal has enough of them at work."""
_HISTORY = 10


class Responder:
    """Answers dialogs that are owed a reply."""

    def __init__(
        self,
        engine: AsyncEngine,
        billing: BillingClient,
        delivery: DeliveryClient,
        answering: Answering,
        now: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._at_once = db.at_once(engine)
        self._billing = billing
        self._delivery = delivery
        self._answering = answering
        self.slowly = Slowly(engine, LEASE, now)
        self._quick: dict[object, Batch] = {}
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

        What one dialog is refused for must not be its neighbours' trouble: then each is answered alone. Those for
        which a model has to be waited for go on by themselves.
        """
        key = object()
        self._quick[key] = batch
        try:
            questions = await self._questions(batch)
            quick, surplus = await self._set_slow_ones_going(batch, questions)
            waits = [await self._answer_or_postpone(quick, _of(quick, questions)) if quick.dialogs else None]
            if surplus.dialogs:
                waits.append(await self._postpone(surplus, _FULL_S))
        finally:
            del self._quick[key]
        return min((wait for wait in waits if wait is not None), default=None)

    async def renew(self) -> None:
        """Hold the leases of what is being answered."""
        await self.slowly.renew(self._quick.values())

    async def run(self) -> None:
        """Wait until cancelled, then DRAIN_S for models; who waits longer is let go: the next worker asks anew."""
        try:
            await asyncio.Event().wait()
        finally:
            for batch in await self.slowly.stop(DRAIN_S):
                await self._let_go(batch, [], None)

    async def _answer_slowly(self, batch: Batch) -> None:
        await self._answer_or_postpone(batch, await self._questions(batch))

    async def _answer_or_postpone(self, batch: Batch, questions: Sequence[Question]) -> float | None:
        try:
            return await self._answer(batch, questions)
        except Exception as error:
            if db.is_away(error):
                raise  # nothing can be noted either: the lease ends by itself
            if isinstance(error, PeerError) and error.is_transient:
                log.warning("answers postponed", dialogs=len(batch.dialogs), reason=error.reason)
                return await self._postpone(batch, _PEER_AWAY_S)
            if len(batch.dialogs) == 1:
                return await self._refused(batch, error)
        alone = [Batch(batch.token, [dialog]) for dialog in batch.dialogs]
        waits = [await self._answer_or_postpone(one, _of(one, questions)) for one in alone]
        return min((wait for wait in waits if wait is not None), default=None)

    async def _questions(self, batch: Batch) -> list[Question]:
        async with self._at_once.connect() as conn:
            return await statements.questions(conn, batch.dialogs)

    async def _set_slow_ones_going(self, batch: Batch, questions: Sequence[Question]) -> tuple[Batch, Batch]:
        """Start what takes long; returns what does not, and what there is no room for now."""
        looked_up = [one for one in questions if one.is_allowed and rules.answer(one) is None]
        slow_portals = await self._answering.slow_portals(list({one.portal_id for one in looked_up}))
        slow = {(one.portal_id, one.dialog_id) for one in looked_up if one.portal_id in slow_portals}
        rest: list[ClaimedDialog] = []
        surplus: list[ClaimedDialog] = []
        for dialog in batch.dialogs:
            if (dialog.portal_id, dialog.id) not in slow:
                rest.append(dialog)
            elif self.slowly.room_for(dialog.portal_id) > 0:
                self.slowly.start(Batch(batch.token, [dialog]), self._answer_slowly)
            else:
                surplus.append(dialog)
        return Batch(batch.token, rest), Batch(batch.token, surplus)

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

    async def _answer(self, batch: Batch, questions: Sequence[Question]) -> float | None:
        if questions:
            composed = await self._compose(batch, questions)
            await asyncio.gather(self._billing.release(composed.free), self._record(composed.model_calls))
            await self._fix(composed)
        handed = await self._hand_over(batch)
        owed = await self._let_go(batch, handed, None)
        log.info("dialogs answered", dialogs=len(batch.dialogs), replies=len(handed), owed_again=owed)
        return 0.0 if owed else None

    async def _compose(self, batch: Batch, questions: Sequence[Question]) -> Composed:
        composer = Composer(batch.dialogs, self._now())
        asked = composer.sort_out(questions)
        ruled = {one.id: rules.answer(one) for one in asked}
        looked_up = [one for one in asked if ruled[one.id] is None]
        with self._delivery.typing(composer.dialogs_of(looked_up)) if looked_up else nullcontext():
            quotas: dict[UUID, Quota] = await self._billing.reserve(asked) if asked else {}
            quota_at = self._now()
            answered = await self._look_up([one for one in looked_up if quotas[one.id].granted], quotas)
        for question in asked:
            quota, rule = quotas[question.id], ruled[question.id]
            if not quota.granted:
                composer.say_limit(question, quota, quota_at)
            elif rule:
                composer.reply_by_rule(question, rule, quota, quota_at)
            else:
                composer.reply_from_knowledge(question, answered[question.id], quota, quota_at)
        return composer.composed

    async def _look_up(self, questions: Sequence[Question], quotas: Mapping[UUID, Quota]) -> dict[UUID, Answered]:
        versions = await self._answering.versions([one.portal_id for one in questions]) if questions else {}
        return {
            one.id: await self._look_one_up(one, versions.get(one.portal_id), quotas[one.id]) for one in questions
        }

    async def _look_one_up(self, question: Question, version: int | None, quota: Quota) -> Answered:
        began = time.perf_counter()
        said = without_mentions(question.body, question.bot_id)
        history = partial(self._history, question)
        answer = await self._answering.answer(question.portal_id, version, said, history, quota.features)
        return Answered(answer, self._now(), int(1000 * (time.perf_counter() - began)))

    async def _history(self, question: Question) -> list[Turn]:
        async with self._at_once.connect() as conn:
            return await statements.history(conn, question, _HISTORY)

    async def _fix(self, composed: Composed) -> None:
        now = self._now()
        async with self._engine.begin() as conn:
            # A question that was edited or deleted meanwhile gets no reply to what it said before.
            # So does one whose answer quotes a document that was deleted meanwhile.
            cited = {pair for one in composed.explanations for pair in one.cited}
            gone = await documents.gone(conn, cited) if cited else set()
            stale = {one.message_id for one in composed.explanations if gone & one.cited}
            settled = [one for one in composed.handled if one.question.id not in stale]
            handled = await replies.mark_handled(conn, settled)
            await replies.fix(conn, [one for one in composed.replies if one.reply_to in handled], now)
            if explained := [one for one in composed.explanations if one.message_id in handled]:
                await explanations.insert(conn, explained, now)
            if composed.greeted:
                await statements.mark_greeted(conn, composed.greeted, now)
            if composed.refused:
                await statements.mark_refused(conn, composed.refused, now)
            if composed.limited:
                await statements.mark_refused(conn, composed.limited, now, by_limit=True)

    async def _record(self, calls: Sequence[ModelCall]) -> None:
        try:
            await self._billing.record(calls)
        except PeerError as error:
            # To postpone the answer would cost as much again; what it cost stands in its explanation.
            metrics.BACKGROUND_FAILURES.labels("record_model_calls").inc()
            log.warning("model calls not counted", calls=len(calls), reason=error.reason)

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


def _of(batch: Batch, questions: Sequence[Question]) -> list[Question]:
    """Return the questions of a batch's dialogs."""
    held = {(dialog.portal_id, dialog.id) for dialog in batch.dialogs}
    return [one for one in questions if (one.portal_id, one.dialog_id) in held]
