"""A year of billing on a clock of the test's: trial, upgrade, downgrade, grace, suspension, return."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import grpc
import pytest

from kit.ids import uuid7
from kit.pb import enum_name, moment
from teachbase.billing.v1 import billing_pb2 as pb
from teachbase.billing.v1 import ledger_pb2


class Story:
    """One portal through its year."""

    def __init__(self, service: Any, portal_id: UUID) -> None:
        self.service, self.portal_id = service, portal_id

    async def change(self, **wanted: Any) -> ledger_pb2.Subscription:
        request = ledger_pb2.ChangeSubscriptionRequest(
            request_id=str(uuid4()), portal_id=str(self.portal_id), **wanted
        )
        answer: ledger_pb2.ChangeSubscriptionResponse = await self.service.ledger.ChangeSubscription(request)
        return answer.subscription

    async def now(self) -> ledger_pb2.Subscription:
        request = ledger_pb2.GetSubscriptionRequest(portal_id=str(self.portal_id))
        answer: ledger_pb2.GetSubscriptionResponse = await self.service.ledger.GetSubscription(request)
        return answer.subscription

    async def status(self) -> str:
        return enum_name(pb.SubscriptionStatus, (await self.now()).status)

    async def ask(self, count: int = 1) -> tuple[int, set[str]]:
        """Ask so many questions; returns how many were answered, and what the others were refused by."""
        keys = [uuid7() for _ in range(count)]
        decisions = await self.service.reserve(self.portal_id, *keys)
        granted = [UUID(one.key) for one in decisions if one.granted]
        if granted:
            await self.service.commit(self.portal_id, *granted)
        return len(granted), {one.limit for one in decisions if not one.granted}

    async def marketplace(self, *, expired: bool, at: datetime, status: str = "S", days: int = 0) -> None:
        note = pb.MarketplaceNote(
            portal_id=str(self.portal_id),
            status=status,
            days=days,
            is_payment_expired=expired,
            noted_at=moment(at),
        )
        await self.service.stub.NoteMarketplace(pb.NoteMarketplaceRequest(notes=[note]))

    async def history(self) -> list[tuple[str, str]]:
        request = ledger_pb2.GetSubscriptionRequest(portal_id=str(self.portal_id))
        found = await self.service.ledger.GetSubscription(request)
        return [(one.plan_code, enum_name(pb.SubscriptionStatus, one.status)) for one in reversed(found.history)]


async def plan(service: Any, replies: int, price: int = 0, **given: Any) -> str:
    """Make a plan; returns its code."""
    code = f"p-{uuid4().hex[:10]}"
    limits = [pb.Limit(name="replies_per_month", value=replies)]
    fields = {
        "name_ru": "План",
        "name_en": "Plan",
        "currency": "RUB",
        "period": "month",
        "grace_days": 14,
        **given,
    }
    made = pb.Plan(code=code, price_minor=price, limits=limits, **fields)
    await service.ledger.CreatePlan(ledger_pb2.CreatePlanRequest(request_id=str(uuid4()), plan=made))
    return code


async def test_a_trial_ends_in_grace_then_in_silence_and_payment_brings_it_back(service: Any) -> None:
    paid = await plan(service, 10, price=990_000, trial_days=14, grace_days=7)
    story, begin = Story(service, uuid4()), service.clock()
    await story.change(plan_code=paid, reason="tries it")
    seen = [await story.status()]

    for days in (13, 2, 7):
        service.clock.advance(days * 86_400)
        seen.append(await story.status())
        await service.subscriptions.round()
    refused = await story.ask()
    await story.change(paid_until=moment(service.clock() + timedelta(days=30)), reason="invoice 7")

    assert seen == ["trial", "trial", "grace", "suspended"]
    assert refused == (0, {"subscription"})
    assert (await story.status(), await story.ask()) == ("active", (1, set()))
    assert [one for one in await story.history() if one[0] == paid] == [
        (paid, "trial"),
        (paid, "grace"),
        (paid, "suspended"),
        (paid, "active"),
    ]
    assert service.clock() - begin == timedelta(days=22)


async def test_an_upgrade_in_mid_period_keeps_what_was_used(service: Any) -> None:
    small, large = await plan(service, 3), await plan(service, 5)
    story = Story(service, uuid4())
    await story.change(plan_code=small)
    first = await story.ask(4)
    await story.change(plan_code=large)

    assert first == (3, {"replies_per_month"})
    assert await story.ask(4) == (2, {"replies_per_month"})


async def test_a_downgrade_waits_for_the_next_period_where_that_is_chosen(service: Any) -> None:
    small, large = await plan(service, 2), await plan(service, 5)
    story = Story(service, uuid4())
    await story.change(plan_code=large)
    told = await story.change(plan_code=small, at_next_period=True)
    in_this = await story.ask(5)
    service.clock.at = told.period_to.ToDatetime(tzinfo=UTC)
    before_the_round = await story.now()
    in_the_next = await story.ask(3)
    await service.subscriptions.round()

    assert (told.plan.code, told.next_plan_code) == (large, small)
    assert in_this == (5, set())
    assert (before_the_round.plan.code, before_the_round.next_plan_code) == (small, "")
    assert in_the_next == (2, {"replies_per_month"})
    assert (await story.now()).plan.code == small


async def test_a_downgrade_at_once_answers_nothing_until_the_period_ends(service: Any) -> None:
    small, large = await plan(service, 2), await plan(service, 5)
    story = Story(service, uuid4())
    await story.change(plan_code=large)
    await story.ask(4)
    told = await story.change(plan_code=small)

    assert await story.ask() == (0, {"replies_per_month"})
    service.clock.at = told.period_to.ToDatetime(tzinfo=UTC)
    assert await story.ask() == (1, set())


async def test_an_edited_plan_is_a_new_version_and_portals_stay_on_theirs(service: Any) -> None:
    code = await plan(service, 2)
    story = Story(service, uuid4())
    await story.change(plan_code=code)
    limits = [pb.Limit(name="replies_per_month", value=9)]
    edited = pb.Plan(code=code, name_ru="План", name_en="Plan", currency="RUB", period="month", limits=limits)
    request = ledger_pb2.ChangePlanRequest(request_id=str(uuid4()), plan=edited)
    twice = [(await service.ledger.ChangePlan(request)).plan.version for _ in range(2)]
    pinned = (await story.now()).plan.version
    moved = (await story.change(plan_code=code)).plan.version
    versions = await service.ledger.ListPlanVersions(ledger_pb2.ListPlanVersionsRequest(code=code))

    assert (twice, pinned, moved) == ([2, 2], 1, 2)
    assert [(one.plan.version, one.plan.portals) for one in versions.versions] == [(2, 1), (1, 0)]


async def test_the_marketplace_drives_grace_and_an_old_note_changes_nothing(service: Any) -> None:
    code = await plan(service, 5, grace_days=3)
    story, now = Story(service, uuid4()), service.clock()
    await story.change(plan_code=code)
    await story.marketplace(expired=True, at=now, days=-1)
    service.clock.advance(86_400)
    await story.marketplace(expired=True, at=service.clock(), days=-2)
    in_grace = await story.status()
    service.clock.advance(2 * 86_400)
    over = await story.status()
    await story.marketplace(expired=False, at=now - timedelta(days=1))
    old = await story.status()
    await story.marketplace(expired=False, at=service.clock(), days=30)
    found = await story.now()

    assert (in_grace, over, old) == ("grace", "suspended", "suspended")
    assert enum_name(pb.SubscriptionStatus, found.status) == "active"
    assert (found.marketplace.status, found.marketplace.days) == ("S", 30)


async def test_a_lower_limit_of_its_own_counts_from_the_next_question_on(service: Any) -> None:
    story = Story(service, uuid4())
    await story.change(plan_code=await plan(service, 5))
    before = await story.ask()
    own = ledger_pb2.LimitOverride(name="replies_per_month", value=1, reason="a dispute")
    await story.change(sets_overrides=True, overrides=[own])

    assert before == (1, set())
    assert await story.ask() == (0, {"replies_per_month"})


async def test_a_limit_of_its_own_counts_until_it_expires(service: Any) -> None:
    code = await plan(service, 1)
    story = Story(service, uuid4())
    own = ledger_pb2.LimitOverride(
        name="replies_per_month",
        value=5,
        reason="a week of load",
        expires_at=moment(service.clock() + timedelta(days=7)),
    )
    await story.change(plan_code=code)
    before = await story.ask(2)
    await story.change(sets_overrides=True, overrides=[own])
    within = await story.ask(2)
    service.clock.advance(8 * 86_400)
    after = await story.now()

    assert before == (1, {"replies_per_month"})
    assert within == (2, set())
    assert list(after.overrides) == []
    assert [(one.used, one.limit) for one in after.lines] == [(3, 1)]
    assert await story.ask() == (0, {"replies_per_month"})


async def test_a_soft_limit_stops_nobody(service: Any) -> None:
    code = await plan(service, 2, soft_limits=["replies_per_month"])
    story = Story(service, uuid4())
    await story.change(plan_code=code)

    assert await story.ask(5) == (5, set())


async def test_a_suspended_and_a_canceled_one_are_not_served(service: Any) -> None:
    code = await plan(service, 5)
    story = Story(service, uuid4())
    await story.change(plan_code=code, is_suspended=True, reason="abuse")
    suspended, told = await story.ask(), await story.now()
    await story.change(is_suspended=False, canceled_at=moment(service.clock() + timedelta(days=1)))
    until_then = await story.ask()
    service.clock.advance(86_400)
    canceled = await story.ask()
    await story.change(forget=["canceled_at"])

    assert (suspended, told.suspended_reason) == ((0, {"subscription"}), "abuse")
    assert (until_then, canceled, await story.ask()) == ((1, set()), (0, {"subscription"}), (1, set()))


async def test_a_month_of_its_own_begins_where_its_clocks_say(service: Any) -> None:
    code = await plan(service, 1)
    story = Story(service, uuid4())
    service.clock.at = datetime(2028, 2, 29, 12, tzinfo=UTC)
    told = await story.change(plan_code=code, anchor_day=31, time_zone="Asia/Vladivostok")
    used = await story.ask(2)
    service.clock.at = datetime(2028, 3, 30, 14, tzinfo=UTC)  # midnight of the 31st in Vladivostok

    assert told.period_from.ToDatetime(tzinfo=UTC) == datetime(2028, 2, 28, 14, tzinfo=UTC)
    assert (used, await story.ask(2)) == ((1, {"replies_per_month"}), (1, {"replies_per_month"}))


async def test_a_unit_reserved_in_one_month_and_committed_in_the_next_counts_where_it_came(service: Any) -> None:
    portal_id = await service.portal(cap=5)
    service.clock.at = datetime(2026, 9, 30, 23, 59, tzinfo=UTC)
    key = uuid7()
    await service.reserve(portal_id, key)
    service.clock.advance(120)
    counted = await service.commit(portal_id, key)
    rows = await service.rows("SELECT period_start, used FROM usage_counters WHERE portal_id = :id", id=portal_id)

    assert counted == 1
    assert [(row.period_start, row.used) for row in rows] == [(datetime(2026, 9, 1, tzinfo=UTC), 1)]


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"plan_code": "nowhere"}, grpc.StatusCode.NOT_FOUND),
        ({"time_zone": "Europe/Atlantis"}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"forget": ["plan_code"]}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"anchor_day": 32}, grpc.StatusCode.INVALID_ARGUMENT),
    ],
)
async def test_what_cannot_be_is_refused(service: Any, wanted: dict[str, Any], code: grpc.StatusCode) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await Story(service, uuid4()).change(**wanted)

    assert refused.value.code() is code
