"""Who writes, what was acknowledged, and what the portals show in the end."""

import asyncio
import itertools
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
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
    """A person's chat with the bot. `acknowledged`: messages whose events were answered 200, and their phases."""

    member_id: str
    user_id: int
    acknowledged: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Shown:
    """A message as the portal shows it; `at` in seconds."""

    id: int
    uuid: str
    at: float


@dataclass
class Verdict:
    """What came of a phase's messages. `longest_s`: from a question to its answer."""

    written: int = 0
    refused: int = 0
    answered: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)
    longest_s: float = 0.0


class People:
    """Write in their dialogs, one message after another each."""

    def __init__(self, product: Product, members: Sequence[str], users: int, seed: int) -> None:
        self._product = product
        self._chance = Random(seed)
        self._written = Counter[str]()
        self._dialogs = [Dialog(member_id, user_id) for member_id in members for user_id in range(1, users + 1)]
        self._idle = list(self._dialogs)
        self._writing: set[asyncio.Task[None]] = set()

    async def write(self, phase: str, rate: float) -> None:
        """Have messages written at a rate, for ever, whatever becomes of them."""
        while True:
            await asyncio.sleep(self._chance.expovariate(rate))
            if not self._idle or len(self._writing) >= _AT_ONCE:
                continue  # who waits for an answer of the event writes no more
            dialog = self._idle.pop(self._chance.randrange(len(self._idle)))
            self._written[phase] += 1
            task = asyncio.create_task(self._write_in(dialog, phase))
            self._writing.add(task)

            def over(done: asyncio.Task[None], dialog: Dialog = dialog) -> None:
                self._writing.discard(done)
                self._idle.append(dialog)

            task.add_done_callback(over)

    async def over(self) -> None:
        """Return when every event was answered."""
        await asyncio.gather(*self._writing, return_exceptions=True)

    async def _write_in(self, dialog: Dialog, phase: str) -> None:
        is_repeated = self._chance.random() < 0.05
        body = {"user_id": dialog.user_id, "text": "ping", "wait": True, "duplicate": is_repeated}
        url = f"{self._product.sim_url}/control/portals/{dialog.member_id}/messages"
        try:
            answer = await self._product.http.post(url, json=body, timeout=60)
        except httpx.HTTPError:
            return
        told = answer.json()
        if told.get("event_status") == 200:
            dialog.acknowledged[int(told["message_id"])] = phase

    async def verdicts(self, given_up: set[str]) -> tuple[dict[str, Verdict], list[str]]:
        """Compare what was acknowledged with what is shown. `given_up`: keys of replies that people sent again.

        Returns the verdict of each phase, and the keys of what is shown and was never in the outbox.
        """
        known = {row["uuid"] for row in await self._product.sql("delivery", "SELECT uuid FROM outbox")}
        strange: list[str] = []
        question_of = {
            row["uuid"]: row["provider_message_id"] for row in await self._product.sql("public", _QUESTION_OF)
        }
        found = {phase: Verdict(written=count) for phase, count in self._written.items()}
        by_portal = defaultdict[str, list[Dialog]](list)
        for dialog in self._dialogs:
            by_portal[dialog.member_id].append(dialog)
        for member_id, dialogs in by_portal.items():
            times, replies = await self._shown(member_id)
            strange += [one.uuid for shown in replies.values() for one in shown if one.uuid not in known]
            for dialog in dialogs:
                answers = [one for one in replies[str(dialog.user_id)] if one.uuid in question_of]
                judge(dialog, answers, question_of, times, given_up, found)
        for phase, verdict in found.items():
            acknowledged = sum(of == phase for dialog in self._dialogs for of in dialog.acknowledged.values())
            verdict.refused = verdict.written - acknowledged
        return found, strange

    async def _shown(self, member_id: str) -> tuple[dict[int, float], dict[str, list[Shown]]]:
        """Return when each message was written, and the bot's messages of each dialog in their order."""
        url = f"{self._product.sim_url}/control/portals/{member_id}/messages?limit=1000000"
        items = (await self._product.http.get(url, timeout=60)).json()["items"]
        dialogs: dict[str, list[Shown]] = defaultdict(list)
        for one in sorted(items, key=lambda one: int(one["id"])):
            if one["from_bot"] and one["uuid"]:
                dialogs[str(one["dialog_id"])].append(Shown(int(one["id"]), one["uuid"], _seconds(one)))
        return {int(one["id"]): _seconds(one) for one in items}, dialogs


async def under_way(product: Product) -> int:
    """Return how many messages have not come to their end, at whichever place. Raises where it cannot be asked."""
    waiting = await product.sql("messaging", "SELECT count(*) FROM dialogs WHERE pending_since IS NOT NULL")
    going = await product.sql("delivery", "SELECT count(*) FROM outbox WHERE state <> 'sent'")
    spool = (await product.http.get(f"{product.url}/ready")).json().get("spool_depth", 0)
    return int(waiting[0]["count"] + going[0]["count"] + spool)


def judge(
    dialog: Dialog,
    answers: Sequence[Shown],
    question_of: dict[str, int],
    times: dict[int, float],
    given_up: set[str],
    found: dict[str, Verdict],
) -> None:
    """Add what became of a dialog's messages to the verdicts of their phases; `answers` in the screen's order."""
    name = f"{dialog.member_id}/{dialog.user_id}"
    questions = [question_of[one.uuid] for one in answers]
    copies = Counter(questions)
    first: dict[int, float] = {}
    for one in answers:
        first.setdefault(question_of[one.uuid], one.at)
    in_turn = [question_of[one.uuid] for one in answers if one.uuid not in given_up]
    overtaken = {later for earlier, later in itertools.pairwise(in_turn) if later < earlier}
    for question, phase in dialog.acknowledged.items():
        verdict = found[phase]
        if not copies[question]:
            verdict.lost.append(f"{name}: {question}")
            continue
        verdict.answered += 1
        verdict.longest_s = max(verdict.longest_s, first[question] - times[question])
        if copies[question] > 1:
            verdict.doubled.append(f"{name}: {question}")
        if question in overtaken:
            verdict.disordered.append(f"{name}: {question}")


def _seconds(message: dict[str, Any]) -> float:
    return datetime.fromisoformat(message["at"]).timestamp()
