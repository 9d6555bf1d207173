"""The ledger as the staff reads it: tokens never overshot, alerts, drifts, costs, sums, exports."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from billing.domain import REPLIES, TOKENS, TOKENS_SET_ASIDE
from kit.clock import utc_now
from kit.ids import uuid7
from teachbase.billing.v1 import billing_pb2 as pb
from teachbase.billing.v1 import ledger_pb2


async def use_up(service: Any, portal_id: UUID, count: int) -> list[UUID]:
    keys = [uuid7() for _ in range(count)]
    await service.reserve(portal_id, *keys)
    await service.commit(portal_id, *keys)
    return keys


async def alerts_of(service: Any, portal_id: UUID) -> list[tuple[str, int, int]]:
    found = await service.ledger.ListAlerts(ledger_pb2.ListAlertsRequest(portal_id=str(portal_id)))
    return [(one.name, one.threshold, one.used) for one in reversed(found.alerts)]


async def test_64_workers_overshoot_tokens_by_none_and_still_answer(service: Any) -> None:
    room = 5
    portal_id = await service.portal_on(limits={TOKENS: room * TOKENS_SET_ASIDE, REPLIES: 1_000})

    async def work() -> bool:
        key = uuid7()
        [decision] = await service.reserve(portal_id, key)
        may_ask = "llm" in decision.features
        if may_ask:
            use = pb.ModelUse(
                portal_id=str(portal_id),
                id=str(uuid7()),
                model="m",
                prompt_tokens=TOKENS_SET_ASIDE - 1_000,
                completion_tokens=1_000,
                message_id=str(key),
            )
            await service.stub.RecordModelUses(pb.RecordModelUsesRequest(uses=[use]))
        await service.commit(portal_id, key)
        assert decision.granted
        return may_ask

    asked = await asyncio.gather(*(work() for _ in range(64)))
    rows = await service.rows(
        "SELECT metric, used, reserved FROM usage_counters WHERE portal_id = :id ORDER BY metric", id=portal_id
    )

    assert [(row.metric, row.reserved) for row in rows] == [(TOKENS, 0), (REPLIES, 0)]
    assert rows[0].used == sum(asked) * TOKENS_SET_ASIDE <= room * TOKENS_SET_ASIDE
    assert (rows[1].used, sum(asked) > 0) == (64, True)


async def test_each_threshold_of_a_limit_is_told_once(service: Any) -> None:
    portal_id = await service.portal(cap=10)
    for count in (4, 1, 1, 2, 1, 1):
        await use_up(service, portal_id, count)
        await service.alerts.round()
    await service.alerts.round()

    assert await alerts_of(service, portal_id) == [(REPLIES, 50, 5), (REPLIES, 80, 8), (REPLIES, 100, 10)]


async def test_who_jumps_over_thresholds_hears_of_the_last_and_a_new_limit_is_told_anew(service: Any) -> None:
    portal_id = await service.portal(cap=2)
    await use_up(service, portal_id, 2)
    await service.alerts.round()
    own = [ledger_pb2.LimitOverride(name=REPLIES, value=4)]
    change = ledger_pb2.ChangeSubscriptionRequest(
        request_id=str(uuid4()), portal_id=str(portal_id), sets_overrides=True, overrides=own
    )
    await service.ledger.ChangeSubscription(change)
    await use_up(service, portal_id, 1)
    await service.alerts.round()

    assert await alerts_of(service, portal_id) == [(REPLIES, 100, 2), (REPLIES, 50, 3)]


async def test_what_a_portal_keeps_is_told_too_and_the_feed_carries_it(service: Any) -> None:
    portal_id = await service.portal_on(limits={"kb_documents": 10})
    kept = pb.ReportKeptRequest(portal_id=str(portal_id), kept=[pb.Limit(name="kb_documents", value=8)])
    await service.stub.ReportKept(kept)
    await service.stub.ReportKept(kept)
    await service.alerts.round()
    found: list[pb.LimitAlert] = []
    async with asyncio.timeout(10):
        async for page in service.stub.WatchAlerts(pb.WatchAlertsRequest(cursor=0)):
            found += [one for one in page.alerts if one.portal_id == str(portal_id)]
            if found:
                break

    assert [(one.name, one.threshold, one.used, one.limit) for one in found] == [("kb_documents", 80, 8, 10)]


async def test_a_drift_is_found_shown_and_mended(service: Any) -> None:
    well, ill = await service.portal(cap=10), await service.portal(cap=10)
    for portal_id in (well, ill):
        await use_up(service, portal_id, 3)
    async with service.engine.begin() as conn:
        broken = "UPDATE usage_counters SET used = used + 2 WHERE portal_id = :id"
        await conn.execute(text(broken), {"id": ill})
        await conn.execute(text("DELETE FROM usage_days WHERE portal_id = :id"), {"id": ill})
    await service.recounts.round()
    found = (await service.ledger.ListDrifts(ledger_pb2.ListDriftsRequest())).drifts
    mended = await service.ledger.Recount(ledger_pb2.RecountRequest(portal_id=str(ill)))
    await service.recounts.round()
    after = (await service.ledger.ListDrifts(ledger_pb2.ListDriftsRequest())).drifts

    assert {(one.counter, one.events) for one in found if one.portal_id == str(ill)} == {(5, 3), (0, 3)}
    assert [one for one in found if one.portal_id == str(well)] == []
    assert len(mended.mended) == 2
    assert [one for one in after if one.portal_id in {str(well), str(ill)}] == []
    assert await service.counters(ill) == (3, 0)


async def test_what_a_model_cost_stays_what_it_was(service: Any) -> None:
    portal_id, model, key = await service.portal(cap=10), f"m-{uuid4().hex[:6]}", uuid7()
    uses = [
        pb.ModelUse(
            portal_id=str(portal_id),
            id=str(uuid7()),
            model=model,
            prompt_tokens=1_000,
            completion_tokens=100,
            message_id=str(key),
        )
        for _ in range(2)
    ]
    await service.stub.RecordModelUses(pb.RecordModelUsesRequest(uses=uses[:1]))
    unpriced = (await service.ledger.ListPrices(ledger_pb2.ListPricesRequest())).unpriced
    price = ledger_pb2.ModelPrice(model=model, prompt_minor=30_000, completion_minor=120_000, currency="RUB")
    service.clock.at = max(service.clock(), utc_now()) + timedelta(seconds=1)
    await service.ledger.SetPrice(ledger_pb2.SetPriceRequest(request_id=str(uuid4()), price=price))
    await service.stub.RecordModelUses(pb.RecordModelUsesRequest(uses=uses))
    found = await service.ledger.ListModelUses(
        ledger_pb2.ListModelUsesRequest(portal_id=str(portal_id), message_id=str(key))
    )

    assert model in unpriced
    costs = [one.cost_micro if one.HasField("cost_micro") else None for one in found.uses]
    assert costs == [None, 1_000 * 30_000 + 100 * 120_000]


async def test_sums_pages_and_exports_agree(service: Any) -> None:
    portal_id = await service.portal(cap=100)
    keys = await use_up(service, portal_id, 3)
    service.clock.advance(86_400)
    keys += await use_up(service, portal_id, 2)
    today = service.clock().date()
    given: dict[str, Any] = {
        "portal_id": str(portal_id),
        "since": str(today - timedelta(days=6)),
        "until": str(today),
    }

    by_day = await service.ledger.SumUsage(
        ledger_pb2.SumUsageRequest(group=ledger_pb2.USAGE_GROUP_DAY, page_size=1, **given)
    )
    second = await service.ledger.SumUsage(
        ledger_pb2.SumUsageRequest(
            group=ledger_pb2.USAGE_GROUP_DAY, page_size=1, page_token=by_day.next_page_token, **given
        )
    )
    by_portal = await service.ledger.SumUsage(
        ledger_pb2.SumUsageRequest(group=ledger_pb2.USAGE_GROUP_PORTAL, **given)
    )
    exported = [
        one.id
        async for page in service.ledger.ExportUsage(ledger_pb2.ExportUsageRequest(portal_id=str(portal_id)))
        for one in page.events
    ]
    listed = await service.ledger.ListUsageEvents(ledger_pb2.ListUsageEventsRequest(portal_id=str(portal_id)))

    assert [one.replies for one in (*by_day.sums, *second.sums)] == [3, 2]
    assert [(one.key, one.replies) for one in by_portal.sums] == [(str(portal_id), 5)]
    assert sorted(exported) == sorted(one.id for one in listed.events) == sorted(map(str, keys))


async def test_the_nearest_to_a_limit_come_first_page_by_page(service: Any) -> None:
    portals = [await service.portal(cap=10) for _ in range(3)]
    for portal_id, count in zip(portals, (2, 9, 5), strict=True):
        await use_up(service, portal_id, count)
    await service.subscriptions.round()
    found: list[tuple[str, int]] = []
    token = ""
    while True:
        request = ledger_pb2.ListSubscriptionsRequest(page_size=1, page_token=token, near_percent=50)
        page = await service.ledger.ListSubscriptions(request)
        found += [(one.portal_id, one.used_percent) for one in page.subscriptions]
        token = page.next_page_token
        if not token:
            break

    mine = [one for one in found if one[0] in map(str, portals)]
    assert mine == [(str(portals[1]), 90), (str(portals[2]), 50)]
    assert [percent for _, percent in found] == sorted((percent for _, percent in found), reverse=True)


async def test_who_reads_all_pages_by_portal_misses_none_for_what_is_counted_meanwhile(service: Any) -> None:
    portals = [await service.portal(cap=10) for _ in range(3)]
    for portal_id in portals:
        await use_up(service, portal_id, 2)
    await service.subscriptions.round()
    listed, token, is_over = [], "", False
    while not is_over:
        request = ledger_pb2.ListSubscriptionsRequest(page_size=1, page_token=token, by_portal=True)
        page = await service.ledger.ListSubscriptions(request)
        listed += [one.portal_id for one in page.subscriptions]
        token, is_over = page.next_page_token, not page.next_page_token
        unread = [one for one in portals if str(one) not in listed]
        if len(unread) == 2 and listed[-1] in map(str, portals):
            await use_up(service, unread[0], 7)

    assert listed == sorted(listed)
    assert set(map(str, portals)) <= set(listed)


async def test_activity_by_portal_is_in_the_order_of_ids(service: Any) -> None:
    portals = [await service.portal(cap=10) for _ in range(3)]
    for portal_id in portals:
        await use_up(service, portal_id, 1)
    listed, token, is_over = [], "", False
    while not is_over:
        today = str(service.clock().date())
        request = ledger_pb2.ListActivityRequest(
            until=today, days=1, page_size=1, page_token=token, by_portal=True
        )
        page = await service.ledger.ListActivity(request)
        listed += [one.portal_id for one in page.portals]
        token, is_over = page.next_page_token, not page.next_page_token

    assert listed == sorted(listed)
    assert set(map(str, portals)) <= set(listed)


async def test_activity_is_by_days_and_a_statement_by_period(service: Any) -> None:
    portal_id = await service.portal(cap=100)
    await use_up(service, portal_id, 1)
    service.clock.advance(2 * 86_400)
    await use_up(service, portal_id, 4)
    until = service.clock().date()

    activity = await service.ledger.ListActivity(
        ledger_pb2.ListActivityRequest(until=str(until), days=4, page_size=200)
    )
    at = service.clock()
    asked = ledger_pb2.GetStatementRequest(portal_id=str(portal_id))
    asked.at.FromDatetime(at)
    statement = await service.ledger.GetStatement(asked)

    [mine] = [one for one in activity.portals if one.portal_id == str(portal_id)]
    assert (mine.active_days, list(mine.replies)) == (2, [0, 1, 0, 4])
    assert [(one.name, one.used) for one in statement.lines] == [(REPLIES, 5)]
    assert [one.units for one in statement.days] == [1, 4]
