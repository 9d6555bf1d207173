"""The blackbox through the console's API: its settings are enforced, its size is real."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.e2e.product import Product, eventually

DEFAULTS = {
    "retention_days": 14,
    "max_rows": 2_000_000,
    "max_body_kb": 256,
    "enabled": True,
    "auto_prune_on_write": True,
    "target_budget_mb": 2048,
}
SIMULATE = "/v1/debug/simulate/bitrix/incoming"


async def put(product: Product, **changed: Any) -> httpx.Response:
    headers = await product.admin_headers()
    url = f"{product.url}/v1/admin/settings/inbound-events"
    return await product.http.put(url, json={**DEFAULTS, **changed}, headers=headers)


@pytest.fixture
async def box(product: Product) -> AsyncIterator[Product]:
    yield product
    assert (await put(product)).status_code == 200


async def post(product: Product, number: int, size: int = 100) -> str:
    body = f"event=ONNOTHING&number={number}&text={'x' * size}&auth[application_token]=hidden-{number}"
    return str((await product.post_event(body.encode())).json()["trace_id"])


async def test_the_settings_are_told_changed_and_written_down(box: Product) -> None:
    before = await box.admin("/settings/inbound-events")
    changed = await put(box, retention_days=30, enabled=False)
    after = await box.admin("/settings/inbound-events")

    assert before == DEFAULTS
    assert changed.json() == after == {**DEFAULTS, "retention_days": 30, "enabled": False}
    entry = (await box.admin("/audit", action="blackbox.settings"))["items"][0]
    assert (entry["before"]["retention_days"], entry["after"]["retention_days"]) == (14, 30)
    assert entry["email"] == "admin@localhost"


@pytest.mark.parametrize(
    "wrong",
    [
        {"retention_days": 0},
        {"retention_days": 366},
        {"max_rows": 0},
        {"max_rows": 1 << 70},
        {"max_body_kb": -1},
        {"max_body_kb": 1025},
        {"target_budget_mb": 0},
        {"enabled": "perhaps"},
        {"retention_days": None},
        {"max_rows": 1.5},
    ],
)
async def test_settings_out_of_bounds_are_refused(product: Product, wrong: dict[str, Any]) -> None:
    answer = await put(product, **wrong)

    assert (answer.status_code, answer.json()["error"]) == (422, "validation_failed")
    assert await product.admin("/settings/inbound-events") == DEFAULTS


async def test_a_request_is_shown_in_full_without_its_secrets(product: Product) -> None:
    trace_id = await post(product, 1)
    found = (await product.admin("/inbound-events", trace_id=trace_id))["items"]
    detail = await product.admin(f"/inbound-events/{found[0]['id']}")

    assert len(found) == 1
    assert {**found[0], **detail} == detail
    assert "hidden" not in str(detail)
    assert "application_token]=***" in detail["body"]
    assert detail["parsed"]["event"] == "ONNOTHING"
    assert detail["headers"]["content-type"] == "application/x-www-form-urlencoded"
    assert "No portal with this member_id" in detail["hints"][0]


async def test_every_filter_of_the_list_finds_what_it_names(product: Product) -> None:
    portal = await product.portal(users_count=2)
    portal_id = (await product.install(portal, [1]))["complete"]["portal_id"]
    await product.write(portal, 1, "ping")

    async def row() -> Any:
        found = await product.admin("/inbound-events", portal_id=portal_id, event="ONIMBOTV2MESSAGEADD")
        return found["items"] and found["items"][0]

    one = await eventually(row, what="the row")
    same = {"portal_id": portal_id, "domain": one["domain"], "trace_id": one["trace_id"], "event": one["event"]}
    finds = [
        {name: value, "portal_id": portal_id}
        for name, value in {**same, "outcome": one["outcome"], "since": f"{one['created_at'][:19]}Z"}.items()
    ]
    misses: list[dict[str, Any]] = [
        {"portal_id": portal_id, "outcome": "refused"},
        {"portal_id": portal_id, "domain": "elsewhere.test"},
        {"portal_id": portal_id, "event": "ONAPPTEST"},
        {"portal_id": portal_id, "until": "2020-01-01T00:00:00Z"},
        {"portal_id": portal_id, "reason": "extranet"},
    ]

    for query in finds:
        assert one["id"] in [item["id"] for item in (await product.admin("/inbound-events", **query))["items"]]
    for query in misses:
        assert (await product.admin("/inbound-events", **query))["items"] == []


async def test_a_prune_frees_real_bytes(product: Product) -> None:
    for number in range(60):
        await post(product, number, size=20_000)
    before = await product.admin("/inbound-events/usage")
    looked = (await product.operate("/inbound-events/prune", mode="all", dry_run=True)).json()
    between = await product.admin("/inbound-events/usage")

    pruned = (await product.operate("/inbound-events/prune", mode="all")).json()

    after = await product.admin("/inbound-events/usage")
    [on_disk] = await product.sql(
        "messaging",
        "SELECT sum(pg_total_relation_size(inhrelid)) AS bytes FROM pg_inherits "
        "WHERE inhparent = 'bitrix_inbound_events'::regclass",
    )
    assert before["rows"] >= 60
    assert looked["freed_rows"] == between["rows"] == before["rows"]
    assert pruned["complete"]
    assert pruned["freed_rows"] == before["rows"]
    assert pruned["freed_bytes"] == before["bytes"] - after["bytes"] > 0
    assert after["rows"] == 0
    assert after["oldest"] is None
    assert after["bytes"] == on_disk["bytes"]
    assert before["refused_sources"][0]["events"] >= 60
    entry = (await product.admin("/audit", action="blackbox.prune"))["items"][0]
    assert entry["after"]["mode"] == "all"


@pytest.mark.parametrize("body", [{}, {"mode": "some"}, {"mode": "older_than_days"}, {"mode": "all", "days": -1}])
async def test_a_prune_must_say_what_it_means(product: Product, body: dict[str, Any]) -> None:
    assert (await product.operate("/inbound-events/prune", **body)).status_code == 422


async def test_the_timer_keeps_the_rows_within_their_bound_by_itself(box: Product) -> None:
    for number in range(30):
        await post(box, number)
    assert (await put(box, max_rows=10)).status_code == 200

    async def trimmed() -> bool:
        await post(box, 0)  # what is written rings for the pruner
        return bool((await box.admin("/inbound-events/usage"))["rows"] <= 11)

    await eventually(trimmed, seconds=40, what="the trim")


async def test_off_nothing_accepted_is_stored_and_all_is_answered(box: Product) -> None:
    portal = await box.portal(users_count=2)
    portal_id = (await box.install(portal, [1]))["complete"]["portal_id"]
    assert (await put(box, enabled=False)).status_code == 200

    async def off() -> bool:
        body = {"portal_id": portal_id, "user_id": 1, "message": "/help"}
        trace_id = (await box.http.post(f"{box.url}{SIMULATE}", json=body)).json()["trace_id"]
        return not (await box.admin("/inbound-events", trace_id=trace_id))["items"]

    await eventually(off, what="the settings to be felt")
    await box.write(portal, 1, "ping")

    async def answered() -> bool:
        return any(one["text"] == "pong" for one in await box.visible(portal, "1"))

    await eventually(answered, what="the answer")
    kept = (await box.admin("/messages", portal_id=portal_id, direction="rx"))["items"][0]
    assert kept["body"] == "ping"
    assert (await box.admin("/inbound-events", trace_id=kept["trace_id"]))["items"] == []
    assert [step["step"] for step in (await box.admin(f"/traces/{kept['trace_id']}"))["steps"]]


async def test_a_simulated_message_goes_the_way_of_a_real_one(product: Product) -> None:
    portal = await product.portal(users_count=2)
    portal_id = (await product.install(portal, [1]))["complete"]["portal_id"]
    body = {"portal_id": portal_id, "user_id": 1, "message": "ping"}

    answer = await product.http.post(f"{product.url}{SIMULATE}", json=body)
    unknown = await product.http.post(
        f"{product.url}{SIMULATE}", json={**body, "portal_id": "00000000-0000-4000-8000-000000000001"}
    )
    wrong = await product.http.post(f"{product.url}{SIMULATE}", json={"portal_id": portal_id})

    async def answered() -> bool:
        return any(one["text"] == "pong" for one in await product.visible(portal, "1"))

    assert answer.status_code == 200
    await eventually(answered, what="the answer")
    trace = await product.admin(f"/traces/{answer.json()['trace_id']}")
    assert trace["message_id"] == answer.json()["message_id"]
    assert trace["portal_id"] == portal_id
    assert (unknown.status_code, wrong.status_code) == (404, 422)
