"""Any order of reserve, commit, release and expiry: the tables agree with a model, and with a recount."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from billing.domain import REPLIES, Plan, Reservation
from billing.quota import RESERVATION_LIFE, Quota
from billing.repository import plans, subscriptions
from kit import db
from kit.ids import uuid7

NOW = datetime(2026, 9, 21, 12, tzinfo=UTC)
CAP = 4
CODE = "machine"
slots = st.integers(0, 7)
some = st.lists(slots, min_size=1, max_size=5)


@dataclass
class World:
    """A loop of its own (the machine's steps are no coroutines), the quota and its clock."""

    run: Callable[[Coroutine[Any, Any, Any]], Any]
    quota: Quota
    engine: Any
    clock: Any


class Machine(RuleBasedStateMachine):
    """One portal and eight keys against a dict of what each key is."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.portal_id = uuid4()
        self.keys = [uuid7() for _ in range(8)]
        self.state: dict[UUID, str] = {}
        self.ends: dict[UUID, Any] = {}
        self.world.run(_put_on_plan(self.world.engine, self.portal_id))

    @rule(numbers=some)
    def reserve(self, numbers: list[int]) -> None:
        # A key given back is not asked for again here: test_quota.py has a test of its own for that.
        self.keys = [uuid7() if self.state.get(key) == "released" else key for key in self.keys]
        keys = [self.keys[number] for number in numbers]
        decisions = self.world.run(self.world.quota.reserve(self._wanted(keys)))

        for key in dict.fromkeys(keys):
            if key not in self.state:
                free = CAP - sum(state in {"reserved", "counted"} for state in self.state.values())
                self.state[key] = "reserved" if free > 0 else "denied"
                self.ends[key] = self.world.clock() + RESERVATION_LIFE
        assert [decision.granted for decision in decisions] == [self.state[key] != "denied" for key in keys]

    @rule(numbers=some)
    def commit(self, numbers: list[int]) -> None:
        self._settle(numbers, "counted", self.world.quota.commit)

    @rule(numbers=some)
    def release(self, numbers: list[int]) -> None:
        self._settle(numbers, "released", self.world.quota.release)

    @rule(minutes=st.integers(1, 20))
    def expire(self, minutes: int) -> None:
        self.world.clock.at += timedelta(minutes=minutes)
        self.world.run(self.world.quota.release_expired())

        for key, state in self.state.items():
            if state == "reserved" and self.ends[key] < self.world.clock():
                self.state[key] = "released"

    @invariant()
    def the_counters_equal_a_recount_and_the_model(self) -> None:
        used, reserved, events = self.world.run(_counted(self.world.engine, self.portal_id))
        modelled = list(self.state.values())
        assert (used, reserved) == (modelled.count("counted"), modelled.count("reserved"))
        assert events == used
        assert used + reserved <= CAP

    def _settle(self, numbers: list[int], to: str, settle: Callable[..., Coroutine[Any, Any, int]]) -> None:
        keys = {self.keys[number] for number in numbers}
        turned = self.world.run(settle(self._wanted(keys)))

        mine = [key for key in keys if self.state.get(key) == "reserved"]
        self.state.update(dict.fromkeys(mine, to))
        assert turned == len(mine)

    def _wanted(self, keys: Any) -> list[Reservation]:
        return [Reservation(self.portal_id, key) for key in keys]


async def _put_on_plan(engine: Any, portal_id: UUID) -> None:
    plan = Plan(CODE, 1, "Проба", "Trial", 0, "RUB", {REPLIES: CAP})
    async with engine.begin() as conn:
        if await plans.create_if_absent(conn, plan, NOW):
            await plans.add_version(conn, plan, NOW)
        await subscriptions.put_on_plan(conn, [portal_id], CODE, NOW)


async def _counted(engine: Any, portal_id: UUID) -> tuple[int, int, int]:
    async with engine.connect() as conn:
        found = await conn.execute(
            text("""
                SELECT coalesce(sum(used), 0) AS used, coalesce(sum(reserved), 0) AS reserved,
                       (SELECT count(*) FROM usage_events WHERE portal_id = :id) AS events
                FROM usage_counters WHERE portal_id = :id
            """),
            {"id": portal_id},
        )
        row = found.one()
        return int(row.used), int(row.reserved), int(row.events)


@contextmanager
def world(dsn: str, clock: Any) -> Iterator[World]:
    with asyncio.Runner() as runner:
        engine = db.engine(dsn, 2)
        yield World(runner.run, Quota(engine, clock), engine, clock)
        runner.run(engine.dispose())


@pytest.mark.usefixtures("app")
async def test_any_order_of_steps_agrees_with_the_model(dsns: dict[str, str], clock: Any) -> None:
    def run() -> None:
        with world(dsns["billing"], clock) as Machine.world:
            run_state_machine_as_test(
                Machine,
                settings=settings(
                    max_examples=25,
                    stateful_step_count=12,
                    deadline=None,
                    derandomize=True,
                    suppress_health_check=list(HealthCheck),
                ),
            )

    await asyncio.to_thread(run)
