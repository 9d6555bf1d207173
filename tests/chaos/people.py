"""Who writes, what was acknowledged, and what the portals show in the end."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx

from tests.e2e.product import Product

_AT_ONCE = 48
_QUESTION_OF = """
    SELECT item.uuid, question.provider_message_id, question.portal_id
    FROM delivery.outbox AS item
    JOIN messaging.messages AS question
      ON question.portal_id = item.portal_id AND question.id = item.trace_id::uuid
    WHERE question.direction = 'rx' AND question.provider_message_id > 0
"""


@dataclass
class Dialog:
    """A person's chat with the bot. `acknowledged`: the ids of messages whose events were answered 200."""

    member_id: str
    user_id: int
    written: int = 0
    acknowledged: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Truth:
    """What came of everything, by what the portals show."""

    written: int
    acknowledged: int
    answered: int
    lost: list[str]
    doubled: list[str]
    disordered: list[str]


class People:
    """Write in their dialogs, one message after another each."""

    def __init__(self, product: Product, members: Sequence[str], users: int, seed: int) -> None:
        self._product = product
        self._chance = Random(seed)
        self.dialogs = [Dialog(member_id, user_id) for member_id in members for user_id in range(1, users + 1)]

    async def write(self, count: int, rate: float) -> None:
        """Have messages written at a rate, whatever becomes of them; who waits for an answer writes no more."""
        idle, left = list(self.dialogs), count
        writing: set[asyncio.Task[None]] = set()
        while left:
            await asyncio.sleep(self._chance.expovariate(rate))
            if not idle or len(writing) >= _AT_ONCE:
                continue
            dialog = idle.pop(self._chance.randrange(len(idle)))
            left -= 1
            task = asyncio.create_task(self._write_in(dialog))
            writing.add(task)

            def over(done: asyncio.Task[None], dialog: Dialog = dialog) -> None:
                writing.discard(done)
                idle.append(dialog)

            task.add_done_callback(over)
        await asyncio.gather(*writing, return_exceptions=True)

    async def _write_in(self, dialog: Dialog) -> None:
        dialog.written += 1
        is_repeated = self._chance.random() < 0.05
        body = {"user_id": dialog.user_id, "text": "ping", "wait": True, "duplicate": is_repeated}
        url = f"{self._product.sim_url}/control/portals/{dialog.member_id}/messages"
        try:
            answer = await self._product.http.post(url, json=body, timeout=60)
        except httpx.HTTPError:
            return
        told = answer.json()
        if told.get("event_status") == 200:
            dialog.acknowledged.append(int(told["message_id"]))

    async def truth(self, given_up: set[str]) -> Truth:
        """Compare what was acknowledged with what is shown. `given_up`: keys of replies that people sent again."""
        question_of = {row["uuid"]: row["provider_message_id"] for row in await self._rows()}
        lost: list[str] = []
        doubled: list[str] = []
        disordered: list[str] = []
        answered = 0
        shown = {
            member_id: await self._shown(member_id)
            for member_id in sorted({dialog.member_id for dialog in self.dialogs})
        }
        for dialog in self.dialogs:
            replies = [one for one in shown[dialog.member_id][str(dialog.user_id)] if one["uuid"] in question_of]
            questions = [question_of[one["uuid"]] for one in replies]
            name = f"{dialog.member_id}/{dialog.user_id}"
            answered += len(set(questions))
            lost += [f"{name}: {one}" for one in dialog.acknowledged if one not in questions]
            doubled += [f"{name}: {one}" for one in set(questions) if questions.count(one) > 1]
            in_turn = [question_of[one["uuid"]] for one in replies if one["uuid"] not in given_up]
            if in_turn != sorted(in_turn):
                disordered.append(f"{name}: {in_turn}")
        return Truth(
            written=sum(dialog.written for dialog in self.dialogs),
            acknowledged=sum(len(dialog.acknowledged) for dialog in self.dialogs),
            answered=answered,
            lost=lost,
            doubled=doubled,
            disordered=disordered,
        )

    async def _rows(self) -> list[Any]:
        return await self._product.sql("public", _QUESTION_OF)

    async def _shown(self, member_id: str) -> dict[str, list[dict[str, Any]]]:
        url = f"{self._product.sim_url}/control/portals/{member_id}/messages?limit=1000000"
        items = (await self._product.http.get(url, timeout=60)).json()["items"]
        dialogs: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for one in sorted(items, key=lambda one: int(one["id"])):
            if one["from_bot"] and one["uuid"]:
                dialogs[str(one["dialog_id"])].append(one)
        return dialogs
