"""Any order of sends, faults and crashes: every message is shown once, in its place, and no state is left out.

The worker's own code on a real database, against a portal in memory that is the oracle.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from b24sim.memory import FAULTS, Crash, FakeBitrix, Unlimited
from bitrix.client import Credential
from bitrix.rest import Rest
from delivery.clients.portal import Token
from delivery.dead_letters import DeadLetters
from delivery.domain import Bot, DeadFilter, OutboundMessage, State
from delivery.lanes import Lanes
from delivery.outbox import Outbox
from delivery.schedule import MOVES
from delivery.send import Sender
from delivery.settle import Settlement
from delivery.turn import Turns
from kit import db, ids
from kit.queue import Bell

STEPS = 10_000
WAITS = (0, 0, 6, 11, 70, 4000)
"""Seconds: none, what an unknown end, a dead worker's lease, a rest of a lane and all of them take."""
_ROUNDS_TO_END = 60


class Portal:
    """The portal context: one token for everybody."""

    async def token(self, _portal_id: UUID) -> Token:
        """Return it."""
        return Token(Credential("m", "https://portal.test/rest/", "token"), 1, Bot(812))


class CrashingSettlement(Settlement):
    """Its worker may die before anything is stored."""

    is_crashing = False

    async def settle(self, *given: Any) -> None:
        """Store the end of a turn, or die."""
        if self.is_crashing:
            self.is_crashing = False
            raise Crash
        await super().settle(*given)


@dataclass
class World:
    """A loop of its own (the machine's steps are no coroutines), the database and the clock."""

    run: Callable[[Coroutine[Any, Any, Any]], Any]
    engine: Any
    clock: Any
    bell: Bell
    steps: int = 0
    seen: set[tuple[State, State]] = field(default_factory=set)
    """Moves that were observed in any walk."""
    met: Counter[tuple[str, bool]] = field(default_factory=Counter)
    """In how many walks a fault met a request, by whether it was a batch."""


class Machine(RuleBasedStateMachine):
    """One portal with three dialogs, two workers, and what people see of it."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        world, now = self.world, self.world.clock
        self.portal_id, self.bitrix = uuid4(), FakeBitrix(now)
        self.settlement = CrashingSettlement(world.engine, now)
        rest: Any = Rest(self.bitrix, Unlimited(), Unlimited())  # type: ignore[arg-type] # they do what is asked of them
        portal: Any = Portal()
        turns = Turns(Sender(rest, now))
        self.workers = [Lanes(world.engine, portal, turns, self.settlement, now) for _ in range(2)]
        self.outbox = Outbox(world.engine, world.bell, now)
        self.dead_letters = DeadLetters(world.engine, world.bell, now)
        self.dialogs: dict[str, list[UUID]] = {"1": [], "2": [], "3": []}
        self.dialog_ids = {name: uuid4() for name in self.dialogs}
        self.body_of: dict[UUID, str] = {}
        self.taken_up: set[UUID] = set()
        self.states: dict[UUID, State] = {}

    @rule(
        after=st.sampled_from(WAITS),
        dialogs=st.text("123", max_size=9),
        fault=st.sampled_from(("", *FAULTS)),
        worker=st.integers(0, 1),
    )
    def work(self, after: int, dialogs: str, fault: str, worker: int) -> None:
        self.world.clock.at += timedelta(seconds=after)
        if dialogs:
            self.world.run(self.outbox.enqueue([self._message(dialog) for dialog in dialogs]))
        self.bitrix.fault = fault
        self._work(worker)
        self.bitrix.fault = ""

    @rule(worker=st.integers(0, 1))
    def die_with_a_lane(self, worker: int) -> None:
        self.world.run(self.workers[worker].claim(10))

    @rule(worker=st.integers(0, 1))
    def die_before_settling(self, worker: int) -> None:
        self.settlement.is_crashing = True
        self._work(worker)
        self.settlement.is_crashing = False

    @rule()
    def take_up_the_dead(self) -> None:
        self.taken_up |= {one for one, state in self.states.items() if state is State.DEAD}
        wanted = DeadFilter(self.portal_id, None, "", None, None)
        self.world.run(self.dead_letters.retry_many(wanted, dry_run=False))

    @invariant()
    def nobody_sees_anything_twice_or_out_of_order(self) -> None:
        for dialog, own in self.dialogs.items():
            shown = self.bitrix.shown.get(dialog, [])
            assert len(set(shown)) == len(shown)
            places = [self.body_of[one] for one in own if one not in self.taken_up]
            kept = [body for body in shown if body in places]
            assert kept == [body for body in places if body in kept]

    @invariant()
    def items_move_as_the_table_says(self) -> None:
        self.world.steps += 1
        found = self.world.run(self._states())
        for one, state in found.items():
            before = self.states.get(one, State.CREATED)
            through = MOVES[before] | {move for step in MOVES[before] for move in MOVES[step]}
            assert state is before or state in through, (before, state)
            self.world.seen.add((before, state))
            assert state is not State.SENT or self._is_shown(one)
        self.states = found

    def teardown(self) -> None:
        """All well again: everything is shown once, or given up for a reason."""
        for _ in range(_ROUNDS_TO_END):
            self.world.clock.at += timedelta(seconds=4000)
            self._work(0)
            self.states = self.world.run(self._states())
            if set(self.states.values()) <= {State.SENT, State.DEAD}:
                break
        assert set(self.states.values()) <= {State.SENT, State.DEAD}
        self.nobody_sees_anything_twice_or_out_of_order()
        assert all(self._is_shown(one) for one, state in self.states.items() if state is State.SENT)
        self.world.met.update(self.bitrix.met)

    def _message(self, dialog: str) -> OutboundMessage:
        message_id = ids.uuid7()
        self.dialogs[dialog].append(message_id)
        self.body_of[message_id] = f"{dialog}/{len(self.dialogs[dialog])}"
        return OutboundMessage(
            id=message_id,
            portal_id=self.portal_id,
            dialog_id=self.dialog_ids[dialog],
            provider_dialog_id=dialog,
            part=0,
            body=self.body_of[message_id],
            reply_to_provider_id=0,
            priority=1,
            trace_id="",
        )

    def _work(self, worker: int) -> None:
        self.world.run(self._turns(self.workers[worker]))
        self.bitrix.is_crashed = False

    async def _turns(self, lanes: Lanes) -> None:
        turns = [asyncio.create_task(lanes.take_turn(lane)) for lane in await lanes.claim(10)]
        for turn in turns:
            try:
                await turn
            except Crash:
                # What the dead worker had under way ends with it.
                await asyncio.sleep(0)

    async def _states(self) -> dict[UUID, State]:
        async with self.world.engine.connect() as conn:
            rows = await conn.execute(
                text("SELECT id, state FROM outbox WHERE portal_id = :id"), {"id": self.portal_id}
            )
            return {row.id: State(row.state) for row in rows}

    def _is_shown(self, one: UUID) -> bool:
        dialog = next(name for name, own in self.dialogs.items() if one in own)
        return self.body_of[one] in self.bitrix.shown.get(dialog, [])


@contextmanager
def world(dsn: str, redis_url: str, clock: Any) -> Iterator[World]:
    with asyncio.Runner() as runner:
        engine, bell = db.engine(dsn, 4), Bell(redis_url, "machine")
        yield World(runner.run, engine, clock, bell)
        runner.run(bell.close())
        runner.run(engine.dispose())


def not_met(world: World) -> set[str]:
    """Return the faults that did not meet requests of both kinds yet: a rare one needs a longer walk."""
    return {fault for fault in FAULTS if not (world.met[fault, True] and world.met[fault, False])}


@pytest.mark.usefixtures("app")
@pytest.mark.timeout(420)
async def test_any_order_of_faults_and_crashes_shows_each_message_once(
    dsns: dict[str, str], redis_url: str, clock: Any
) -> None:
    walked: list[World] = []

    def run() -> None:
        with world(dsns["delivery"], redis_url, clock) as Machine.world:
            walked.append(Machine.world)
            while Machine.world.steps < STEPS or (not_met(Machine.world) and Machine.world.steps < 3 * STEPS):
                run_state_machine_as_test(
                    Machine,
                    settings=settings(
                        max_examples=100,
                        stateful_step_count=50,
                        deadline=None,
                        database=None,
                        suppress_health_check=list(HealthCheck),
                    ),
                )

    await asyncio.to_thread(run)

    [found] = walked
    assert found.steps >= STEPS
    moved = {before for before, after in found.seen if before is not after}
    assert {State.CREATED, State.RETRY, State.UNKNOWN} <= moved  # it has seen trouble, and come out of it
    # Every fault has met requests of both kinds, or the walks prove nothing of it.
    assert not_met(found) == set()
