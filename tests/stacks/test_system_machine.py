"""Whatever portals, people, the vendor's staff and bad luck do, in any order: a question has one answer, in turn.

The oracle is the portal's screen alone. Each question is a sum of its own, so an answer says what it answers.
"""

import asyncio
import contextlib
import itertools
import os
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tests.chaos.breakage import KEY_TRAP_S, PROCESSES, SEND, kill, set_faults, wipe
from tests.chaos.people import under_way
from tests.e2e import product as stack
from tests.e2e.product import Product, eventually

RUNS = 12
STEPS = 20
_PORTALS = 3
_PEOPLE = (1, 2)
_STRANGER = 3
_MET_S = 0.7
"""How long an answer takes to come to its portal: what befalls it then is not replaced before."""
_SETTLED_S = 120
"""Leases of the dead run out within 30 s, a portal that failed is asked again within 70."""
_AFTER_SHOWN = ("close_after_accept", "server_error_after")
FAULTS = (
    *_AFTER_SHOWN * 3,
    "http_502_html",
    "close_before",
    "close_halfway",
    "throttle_503",
    "expired_token",
    "slow",
)
"""After which the product goes on by itself; the others want a person (`make chaos`). Those that could make it
say a thing twice come more often.
"""
QUEUES = ("messaging", "delivery")


@dataclass
class Company:
    """A portal with the app. `asked`: the sums of each person in the order in which they were written.

    `excused`: those that may stay unanswered, as they were open when the portal was suspended, or came then.
    `strangers`: how many questions of the stranger ask for the refusal.
    """

    portal: dict[str, Any]
    id: str
    asked: dict[int, list[str]] = field(default_factory=lambda: {user_id: [] for user_id in _PEOPLE})
    excused: set[str] = field(default_factory=set)
    is_suspended: bool = False
    paused: set[str] = field(default_factory=set)
    strangers: int = 0

    def missing(self, shown: list[str]) -> list[str]:
        """Return what was asked and is not among what is shown."""
        return [one for asked in self.asked.values() for one in asked if one not in shown]


class System(RuleBasedStateMachine):
    """What may happen, and what the screens must show then."""

    product: Product
    run: Callable[[Coroutine[Any, Any, Any]], Any]
    sums: Iterator[int]

    def __init__(self) -> None:
        super().__init__()
        self.companies: list[Company] = []

    @property
    def is_inhabited(self) -> bool:
        """Whether there is anybody to write."""
        return bool(self.companies)

    def company(self, number: int) -> Company:
        """Return one of those there are."""
        return self.companies[number % len(self.companies)]

    @precondition(lambda self: len(self.companies) < _PORTALS)
    @rule()
    def installs(self) -> None:
        """Another company installs the app for two of its three people."""

        async def install() -> Company:
            portal = await self.product.portal(users_count=3, limits="off")

            async def done() -> Any:
                with contextlib.suppress(AssertionError):  # whose service died a moment ago: the page says "again"
                    return await self.product.install(portal, list(_PEOPLE))

            installed = await eventually(done, 60, "the install")
            await self.product.sim("PATCH", f"/portals/{portal['member_id']}", key_trap_s=KEY_TRAP_S)
            return Company(portal, installed["complete"]["portal_id"])

        self.companies.append(self.run(install()))

    @precondition(lambda self: self.is_inhabited)
    @rule(
        number=st.integers(0, 2),
        user_id=st.sampled_from(_PEOPLE),
        count=st.integers(1, 3),
        is_repeated=st.booleans(),
    )
    def asks(self, number: int, user_id: int, count: int, is_repeated: bool) -> None:
        """Somebody asks sums, one after another; Bitrix24 tells of each once or twice."""
        company = self.company(number)
        for _ in range(count):
            result = next(self.sums)
            status = self.run(self._write(company, user_id, _question(str(result)), is_repeated))
            assert status == 200, f"the event was answered {status}: it would be lost"
            company.asked[user_id].append(str(result))
            if company.is_suspended:
                company.excused.add(str(result))

    @precondition(lambda self: self.is_inhabited)
    @rule(number=st.integers(0, 2))
    def a_stranger_asks(self, number: int) -> None:
        """Somebody asks who may not: nothing but a polite word may come."""
        company = self.company(number)
        company.strangers += not company.is_suspended
        status = self.run(self._write(company, _STRANGER, "2 + 2 =", is_repeated=False))
        assert status == 200, f"the event was answered {status}: it would be lost"

    @precondition(lambda self: self.is_inhabited)
    @rule(
        number=st.integers(0, 2),
        user_id=st.sampled_from(_PEOPLE),
        kind=st.sampled_from(FAULTS),
        count=st.integers(1, 3),
    )
    def a_portal_fails(self, number: int, user_id: int, kind: str, count: int) -> None:
        """Its next sends go wrong, of which the first is the answer to somebody who asks now."""
        fault = {"kind": kind, "method": SEND, "count": count, "rate": 1.0, "delay_ms": 700}
        company = self.company(number)
        self.run(set_faults(self.product, [company.portal["member_id"]], [fault]))
        self.asks(number, user_id, 1, is_repeated=False)
        if not company.is_suspended and not company.paused:
            self.run(asyncio.sleep(_MET_S))

    @precondition(lambda self: self.is_inhabited)
    @rule(number=st.integers(0, 2))
    def the_vendor_suspends_or_resumes(self, number: int) -> None:
        """The staff stops serving a portal, or goes on: whatever is open at that time is left unanswered."""
        company = self.company(number)
        if company.is_suspended:
            self._resume(company)
            return
        company.excused.update(company.missing(self.run(self._all_texts(company))))
        if not self.run(self._texts(company, _STRANGER)):
            company.strangers = 0
        self._operate(company, "suspend")
        company.is_suspended = True

    @precondition(lambda self: self.is_inhabited)
    @rule(number=st.integers(0, 2), queue=st.sampled_from(QUEUES))
    def the_vendor_pauses_or_goes_on(self, number: int, queue: str) -> None:
        """The staff lets a portal's part of a queue rest, or ends that."""
        company = self.company(number)
        self._operate(company, f"queues/{queue}/{'resume' if queue in company.paused else 'pause'}")
        company.paused ^= {queue}

    @rule(name=st.sampled_from([*PROCESSES, "redis"]))
    def a_process_dies(self, name: str) -> None:
        """The kernel kills it."""
        kill(self.product, name)

    @rule()
    def redis_forgets(self) -> None:
        """Everything in it is gone."""
        self.run(wipe(self.product))

    @invariant()
    def nothing_is_shown_twice_or_to_who_may_not_ask(self) -> None:
        """Look at every screen."""
        for company in self.companies:
            for user_id, asked in company.asked.items():
                shown = self.run(self._answers(company, user_id))
                assert len(set(shown)) == len(shown), f"shown twice: {shown}"
                assert set(shown) <= set(asked), f"never asked: {shown}"
            assert "4" not in self.run(self._texts(company, _STRANGER))

    def teardown(self) -> None:
        """Let everything be well again, and wait for every answer, each in its turn."""
        self.run(set_faults(self.product, [one.portal["member_id"] for one in self.companies], []))
        for company in self.companies:
            if company.is_suspended:
                self._resume(company)
            for queue in company.paused:
                self._operate(company, f"queues/{queue}/resume")
        self.run(self._settled())
        for company in self.companies:
            for user_id in _PEOPLE:
                shown, asked = self.run(self._answers(company, user_id)), company.asked[user_id]
                wanted = [one for one in asked if one in shown or one not in company.excused]
                assert shown == wanted, self.run(self._told(company, user_id))
            told = self.run(self._texts(company, _STRANGER))
            assert bool(company.strangers) <= len(told) <= 1, f"a stranger is told once a day: {told}"
            ignored = self.run(self._ignored(company))
            missing = company.missing(self.run(self._all_texts(company)))
            assert {_question(one) for one in missing} <= ignored, "what is left unanswered is not to be seen"

    async def _settled(self) -> None:
        """Wait for every answer, and then until nothing is under way.

        What was just resumed is not under way yet; an answer that is shown may be sent again by who takes over.
        """

        async def are_answered() -> bool:
            for company in self.companies:
                if set(company.missing(await self._all_texts(company))) - company.excused:
                    return False
                if company.strangers and not await self._texts(company, _STRANGER):
                    return False
            return True

        async def is_settled() -> bool:
            with contextlib.suppress(OSError, httpx.HTTPError):
                return not await under_way(self.product)
            return False

        with contextlib.suppress(AssertionError):  # what is shown instead says more
            await eventually(are_answered, _SETTLED_S, "every answer")
        await eventually(is_settled, _SETTLED_S, "the end of all that was under way")

    async def _told(self, company: Company, user_id: int) -> Any:
        """Return what the portal shows and what the product knows of it."""
        messages = (await self.product.admin("/messages", portal_id=company.id, limit=200))["items"]
        known = [(one["direction"], one["state"], one["reason"], one["body"][:40]) for one in messages]
        return await self._texts(company, user_id), known

    async def _ignored(self, company: Company) -> set[str]:
        found = await self.product.admin("/messages", portal_id=company.id, state="ignored", limit=200)
        return {one["body"] for one in found["items"] if one["reason"] == "portal_suspended"}

    async def _write(self, company: Company, user_id: int, text: str, is_repeated: bool) -> Any:
        path = f"/portals/{company.portal['member_id']}/messages"
        asked = {"user_id": user_id, "text": text, "duplicate": is_repeated, "wait": True}
        return (await self.product.sim("POST", path, **asked))["event_status"]

    async def _texts(self, company: Company, user_id: int) -> list[str]:
        return _of_the_bot(await self.product.visible(company.portal, str(user_id)))

    async def _all_texts(self, company: Company) -> list[str]:
        return _of_the_bot(await self.product.visible(company.portal))

    async def _answers(self, company: Company, user_id: int) -> list[str]:
        return [text for text in await self._texts(company, user_id) if text.isdecimal()]

    def _resume(self, company: Company) -> None:
        """Have a portal served again, and wait until messaging has heard it: it says "suspended" till then."""
        self._operate(company, "resume")

        async def is_heard() -> bool:
            known = await self.product.sql("messaging", "SELECT state FROM portals WHERE id = $1", company.id)
            return bool(known[0]["state"] == "active")

        self.run(eventually(is_heard, 60, "the resumption"))
        company.is_suspended = False

    def _operate(self, company: Company, what: str) -> None:
        """Have the console do something; a process that died a moment ago is waited for, as people would."""

        async def done() -> bool:
            with contextlib.suppress(httpx.HTTPError, AssertionError):
                answer = await self.product.operate(f"/portals/{company.id}/{what}", reason="try")
                return answer.status_code == 200
            return False

        self.run(eventually(done, 30, what))


def _question(result: str) -> str:
    return f"сколько будет {int(result) - 7} + 7"


def _of_the_bot(shown: list[dict[str, Any]]) -> list[str]:
    return [one["text"] for one in shown if one["from_bot"] and not one["system"]]


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    """A stack of its own: what died last may not be back when the next test begins."""
    with stack.running(tmp_path, 20000 + os.getpid() % 100 * 100 + 50) as product:
        yield product


@pytest.mark.timeout(600)
def test_each_question_has_one_answer_in_turn_whatever_happens(product: Product) -> None:
    with asyncio.Runner() as runner:
        life = contextlib.AsyncExitStack()
        runner.run(life.enter_async_context(product.connected()))
        System.product, System.run, System.sums = product, staticmethod(runner.run), itertools.count(1_000)
        try:
            run_state_machine_as_test(
                System,
                settings=settings(
                    max_examples=RUNS,
                    stateful_step_count=STEPS,
                    deadline=None,
                    derandomize=True,
                    phases=[Phase.generate],  # a process that dies does so at no moment twice: nothing to shrink
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(life.aclose())
