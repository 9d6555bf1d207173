"""Plans: the default one is seeded once and never rewritten; usage says what is left."""

from typing import Any
from uuid import uuid4

from sqlalchemy import text

from kit.ids import uuid7
from teachbase.billing.v1 import billing_pb2 as pb


async def test_the_default_plan_is_seeded_once_and_an_edited_one_stays(service: Any) -> None:
    edited = "UPDATE plan_versions SET price_minor = :price WHERE plan_code = 'start' AND version = 1"
    async with service.engine.begin() as conn:
        await conn.execute(text(edited), {"price": 99_000})

    await service.plans.seed("dev")
    await service.plans.seed("production")

    start = [plan for plan in (await service.stub.ListPlans(pb.ListPlansRequest())).plans if plan.code == "start"]
    assert [(plan.version, plan.price_minor) for plan in start] == [(1, 99_000)]
    limits = {"replies_per_month": 1_000, "kb_documents": 500, "kb_megabytes": 1_000}
    assert {limit.name: limit.value for limit in start[0].limits} == limits


async def test_a_portal_never_seen_is_on_the_default_plan(service: Any) -> None:
    seen, unseen = await service.portal(cap=3), uuid4()

    answer = await service.stub.ListPortalPlans(pb.ListPortalPlansRequest(portal_ids=[str(seen), str(unseen)]))
    usage = await service.stub.GetUsage(pb.GetUsageRequest(portal_id=str(unseen)))

    assert answer.default_plan_code == usage.plan_code == "start"
    assert [plan.portal_id for plan in answer.plans] == [str(seen)]


async def test_what_a_portal_keeps_is_limited_by_its_plan_and_counted_by_who_keeps_it(service: Any) -> None:
    portal_id = str(uuid4())

    limits = (await service.stub.GetLimits(pb.GetLimitsRequest(portal_id=portal_id))).limits
    usage = await service.stub.GetUsage(pb.GetUsageRequest(portal_id=portal_id))

    assert {limit.name: limit.value for limit in limits} == {"kb_documents": 500, "kb_megabytes": 1_000}
    assert [line.name for line in usage.lines] == ["replies_per_month"]


async def test_usage_tells_what_is_used_of_what(service: Any) -> None:
    portal_id = await service.portal(cap=5)
    keys = [uuid7() for _ in range(3)]
    await service.reserve(portal_id, *keys)
    await service.commit(portal_id, *keys[:2])

    usage = await service.stub.GetUsage(pb.GetUsageRequest(portal_id=str(portal_id)))

    assert [(line.name, line.used, line.limit) for line in usage.lines] == [("replies_per_month", 2, 5)]
    assert usage.period_from.ToJsonString() == "2026-09-01T00:00:00Z"
    assert usage.period_to.ToJsonString() == usage.lines[0].resets_at.ToJsonString() == "2026-10-01T00:00:00Z"
