"""Workers that claim, answer and die in any order: each question has one answer, to what it says in the end.

The worker's own steps on a real database, so that others come between any two of them. The oracle is what delivery
is handed: each question is a sum of its own, so a reply says what it answers.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from messaging.compose import Composed
from messaging.domain import Batch, Reply
from messaging.respond import LEASE

WALKS = 80
STEPS = 40
FIRST_RESULT = 1_000
PENDING = """
    SELECT provider_message_id AS id FROM messages
    WHERE portal_id = :id AND direction = 'rx' AND state = 'pending' ORDER BY 1
"""
OWED = "SELECT 1 FROM dialogs WHERE portal_id = :id AND pending_since IS NOT NULL"
ANSWERED = "SELECT id FROM messages WHERE portal_id = :id AND direction = 'rx' AND state = 'answered'"
workers = st.integers(0, 2)


@dataclass
class Worker:
    """Where a worker stands between its claim and letting go."""

    batch: Batch | None = None
    composed: Composed | None = None
    is_fixed: bool = False
    handed: list[Reply] | None = None


@dataclass
class Question:
    """What a message asks at last: the sum's result. `is_edited`: its place among the others is not sure."""

    user_id: int
    result: str
    is_edited: bool = False


@dataclass
class World:
    """The context, the loop it lives in (the machine's steps are no coroutines), and the makers of events."""

    service: Any
    loop: asyncio.AbstractEventLoop
    event_of: Callable[..., Any]
    amendment_of: Callable[..., Any]
    results: int = FIRST_RESULT
    met: set[str] = field(default_factory=set)
    """What walks must come to, or they prove nothing."""

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)


class Machine(RuleBasedStateMachine):
    """One portal, two people who ask, and three workers."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.service, self.run = self.world.service, self.world.run
        self.portal = self.run(self.service.portal())
        self.workers = [Worker(), Worker(), Worker()]
        self.held: dict[UUID, tuple[Worker, datetime]] = {}
        self.asked: dict[int, Question] = {}
        self.events = 0

    @property
    def at_work(self) -> list[Worker]:
        """Those that claimed something."""
        return [worker for worker in self.workers if worker.batch]

    @rule(user_id=st.sampled_from((27, 28)), count=st.integers(1, 3))
    def asks(self, user_id: int, count: int) -> None:
        for _ in range(count):
            self.events += 1
            question = Question(user_id, self._next())
            self.asked[70_100 + self.events] = question
            event = self.world.event_of(self.portal, 70_100 + self.events, _sum(question), user_id=user_id)
            self.run(self.service.ingest(event))

    @rule(which=st.integers(0, 9), is_deletion=st.booleans())
    def thinks_better_of_it(self, which: int, is_deletion: bool) -> None:
        """Edits or deletes a question that has no answer yet."""
        pending = [row.id for row in self.run(self.service.rows(PENDING, id=self.portal.id))]
        if not pending:
            return
        message_id, self.events = pending[which % len(pending)], self.events + 1
        question = self.asked[message_id]
        if any(worker.composed and not worker.is_fixed for worker in self.workers):
            self.world.met.add("amended between a reply's making and its fixing")
        if is_deletion:
            del self.asked[message_id]
        else:
            question.result, question.is_edited = self._next(), True
        amendment = self.world.amendment_of(
            self.portal,
            "DELETE" if is_deletion else "UPDATE",
            message_id,
            _sum(question),
            ts=1_790_000_000 + self.events,
            user_id=question.user_id,
        )
        self.run(self.service.ingest(amendment))

    @rule(number=workers, steps=st.integers(0, 3))
    def works(self, number: int, steps: int) -> None:
        """Claims, and goes so far."""
        self._claim(number)
        for _ in range(steps if self.workers[number].batch else 0):
            self._go_on(self.workers[number])

    @precondition(lambda self: self.at_work)
    @rule(which=st.integers(0, 2))
    def goes_on(self, which: int) -> None:
        """One step of a worker, however late it is."""
        self._go_on(self.at_work[which % len(self.at_work)])

    @rule(number=workers, is_delivery_away=st.booleans())
    def answers(self, number: int, is_delivery_away: bool) -> None:
        """Claims and does everything at once, as it is nearly always; or delivery takes nothing just now."""
        self._claim(number)
        if batch := self.workers[number].batch:
            self.service.delivery.failures = int(is_delivery_away)
            self.run(self.service.responder.answer(batch))
            self.service.delivery.failures = 0
            self._lets_go(self.workers[number])

    @precondition(lambda self: self.at_work)
    @rule(which=st.integers(0, 2))
    def dies(self, which: int) -> None:
        worker = self.at_work[which % len(self.at_work)]
        if worker.is_fixed and worker.handed is None:
            self.world.met.add("died between the fixing and the handing over")
        self.workers[self.workers.index(worker)] = Worker()

    @rule(seconds=st.sampled_from((1, 5, 13)))
    def time_passes(self, seconds: int) -> None:
        self.service.clock.at += timedelta(seconds=seconds)

    @invariant()
    def each_reply_is_one_and_in_turn(self) -> None:
        for user_id in (27, 28):
            bodies = {one.id: one.body for one in self._handed(user_id)}  # in the order of their first handing
            assert len(set(bodies.values())) == len(bodies), f"two replies to one question: {bodies}"
            in_turn = [one.result for one in self.asked.values() if one.user_id == user_id and not one.is_edited]
            shown = [body for body in bodies.values() if body in in_turn]
            assert shown == in_turn[: len(shown)], f"{shown} of {in_turn}"

    def teardown(self) -> None:
        """The workers finish or are dead, and one is left: everything has its answer, once."""
        for _ in range(5):
            self.service.clock.at += timedelta(seconds=13)
            self.run(self.service.respond())
        self.each_reply_is_one_and_in_turn()
        shown = {one.body for user_id in (27, 28) for one in self._handed(user_id)}
        assert shown == {one.result for one in self.asked.values()}
        assert self.run(self.service.rows(OWED, id=self.portal.id)) == []
        answered = {str(row.id) for row in self.run(self.service.rows(ANSWERED, id=self.portal.id))}
        assert len(answered) == len(self.asked)
        assert answered <= set(self.service.billing.committed)

    def _claim(self, number: int) -> None:
        """Whatever the worker had, it has lost: so it is with one that died and came again."""
        worker = self.workers[number] = Worker()
        for batch in self.run(self.service.responder.claim(1)):
            worker.batch = batch
            for dialog in batch.dialogs:
                if dialog.id in self.held:
                    assert self.held[dialog.id][1] < self.service.clock(), "claimed while another holds it"
                    self.world.met.add("taken over")
                self.held[dialog.id] = worker, self.service.clock() + LEASE

    def _go_on(self, worker: Worker) -> None:
        responder = self.service.responder
        if worker.composed is None:
            worker.composed = self.run(self.service.compose(worker.batch))
        elif not worker.is_fixed:
            self.run(responder._fix(worker.composed))
            worker.is_fixed = True
        elif worker.handed is None:
            worker.handed = self.run(responder._hand_over(worker.batch))
        else:
            self.run(responder._let_go(worker.batch, worker.handed, None))
            self._lets_go(worker)

    def _next(self) -> str:
        self.world.results += 1
        return str(self.world.results)

    def _lets_go(self, worker: Worker) -> None:
        self.held = {dialog: one for dialog, one in self.held.items() if one[0] is not worker}
        worker.batch, worker.composed, worker.is_fixed, worker.handed = None, None, False, None

    def _handed(self, user_id: int) -> list[Any]:
        """What delivery has taken: it may have been away at first."""
        place = str(self.portal.id), str(user_id)
        return [one for one in self.service.delivery.taken if (one.portal_id, one.provider_dialog_id) == place]


def _sum(question: Question) -> str:
    return f"сколько будет {int(question.result) - 7} + 7"


@pytest.mark.timeout(180)
async def test_any_order_of_claims_deaths_and_edits_answers_each_question_once(
    service: Any, event_of: Any, amendment_of: Any
) -> None:
    Machine.world = World(service, asyncio.get_running_loop(), event_of, amendment_of)

    def walk() -> None:
        run_state_machine_as_test(
            Machine,
            settings=settings(
                max_examples=WALKS,
                stateful_step_count=STEPS,
                deadline=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
            ),
        )

    await asyncio.to_thread(walk)

    assert Machine.world.met == {
        "amended between a reply's making and its fixing",
        "taken over",
        "died between the fixing and the handing over",
    }
