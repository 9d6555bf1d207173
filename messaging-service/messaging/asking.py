"""Questions asked outside of the messenger: answered and counted like those within."""

import asyncio
from uuid import UUID
from weakref import WeakValueDictionary

from kit import ids
from messaging.answering import Answering
from messaging.clients.billing import BillingClient
from messaging.compose import model_call
from messaging.errors import AnswersUsedUp
from messaging.knowledge.answer import Answer, Kind
from messaging.knowledge.prompt import Turn

AT_ONCE_OF_PORTAL = 4
PATIENCE_S = 25.0
"""Who waits at a page is told what the documents say by then, whatever a model does."""


class Asking:
    """Answers them, few of one portal at a time."""

    def __init__(self, answering: Answering, billing: BillingClient) -> None:
        self._answering = answering
        self._billing = billing
        self._free_of: WeakValueDictionary[UUID, asyncio.Semaphore] = WeakValueDictionary()

    async def ask(self, portal_id: UUID, question: str) -> Answer:
        """Answer a question; an honest no is free. Raises AnswersUsedUp, PeerError."""
        key = ids.uuid7()
        quota = await self._billing.reserve_one(portal_id, key)
        if not quota.granted:
            raise AnswersUsedUp
        version = (await self._answering.versions([portal_id])).get(portal_id)
        free = self._free_of.setdefault(portal_id, asyncio.Semaphore(AT_ONCE_OF_PORTAL))
        async with free:
            answer = await self._answering.answer(
                portal_id, version, question, _no_history, quota.features, PATIENCE_S
            )
        call = model_call(portal_id, answer, None)
        await self._billing.record([call] if call else [])
        if answer.kind in {Kind.KNOWLEDGE, Kind.CURATED}:
            await self._billing.commit([(portal_id, key)])
        else:
            await self._billing.release([(portal_id, key)])
        return answer


async def _no_history() -> list[Turn]:
    return []
