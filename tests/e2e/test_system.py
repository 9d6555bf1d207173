"""The product's own parts, as the console sees them while it runs."""

from typing import Any

from tests.e2e.product import Product, eventually

WORKERS = {"portal-worker", "messaging-worker", "knowledge-worker", "delivery-worker", "billing-worker"}


async def test_every_part_is_told_to_be_well(product: Product) -> None:
    async def well() -> Any:
        health = await product.admin("/system/health")
        return health if health["status"] == "ok" else None

    health = await eventually(well, what="health")
    names = {(one["kind"], one["name"]) for one in health["components"]}

    assert {name for kind, name in names if kind == "worker"} == WORKERS
    assert {name for kind, name in names if kind == "store"} == {"postgres", "redis"}
    assert {name for kind, name in names if kind == "queue"} == {"messaging", "knowledge", "delivery"}


async def test_workers_tell_that_they_live_and_one_that_hangs_is_lost(product: Product) -> None:
    async def states() -> dict[str, str]:
        found = await product.admin("/system/workers")
        assert found["cause"] is None
        return {one["name"]: one["state"] for one in found["items"]}

    assert (await states()).keys() == WORKERS
    with product.frozen("billing-worker"):

        async def lost() -> bool:
            return (await states())["billing-worker"] == "lost"

        await eventually(lost, seconds=30, what="the loss")
        health = await product.admin("/system/health")
        assert [one["state"] for one in health["components"] if one["name"] == "billing-worker"] == ["failing"]

    async def back() -> bool:
        return (await states())["billing-worker"] in {"idle", "working"}

    await eventually(back, what="its return")


async def test_queues_are_told_with_what_waits_and_what_was_done(product: Product) -> None:
    portal = await product.portal(users_count=2)
    await product.install(portal, [1])
    await product.write(portal, 1, "/help")

    async def answered() -> Any:
        queues = await product.admin("/system/queue")
        assert queues["missing"] == []
        found = {one["queue"]: one for one in queues["items"]}
        return found if found["delivery"]["rate_per_min"] and found["messaging"]["rate_per_min"] else None

    found = await eventually(answered, what="a send")

    assert found.keys() == {"spool", "messaging", "knowledge", "delivery"}
    assert found["knowledge"]["rate_per_min"] is None


async def test_one_message_is_found_in_the_logs_of_the_processes_by_its_trace(product: Product) -> None:
    answer = await product.http.get(f"{product.url}/v1/admin/portals")
    trace_id = answer.headers["x-trace-id"]

    async def logged() -> Any:
        return (await product.admin("/logs/nginx", trace_id=trace_id))["items"]

    [access] = await eventually(logged, what="the line of the access log")
    [own] = (await product.admin("/logs/backend", trace_id=trace_id, service="gateway"))["items"]

    assert (access["service"], access["trace_id"]) == ("envoy", trace_id)
    assert (own["service"], own["event"], own["fields"]["status"]) == ("gateway", "request", 401)
    assert (await product.admin("/logs/worker", tail=5))["items"]


async def test_workers_measure_their_queues_and_requests_are_counted_by_route(product: Product) -> None:
    await product.admin("/portals")
    base = int(product.environment["TB_METRICS_BASE_PORT"])

    async def measured() -> Any:
        told = [(await product.http.get(f"http://127.0.0.1:{base + port}/metrics")).text for port in (12, 13)]
        return 'tb_queue_depth{queue="messaging"}' in told[0] and 'tb_lanes{state="due"}' in told[1]

    await eventually(measured, what="the measuring")
    own = (await product.http.get(f"http://127.0.0.1:{base}/metrics")).text

    assert 'tb_http_seconds_count{method="GET",route="/v1/admin/portals",status="2xx"}' in own


async def test_how_quick_the_product_is_comes_from_what_it_did(product: Product) -> None:
    portal = await product.portal(users_count=2)
    await product.install(portal, [1, 2])
    before = await product.admin("/system/pace")
    for _ in range(3):
        await product.write(portal, 2, "ping")

    async def told() -> Any:
        pace = await product.admin("/system/pace")
        return pace if pace["replies"] >= before["replies"] + 3 else None

    pace = await eventually(told, what="three replies more")

    assert pace["acks"] >= before["acks"] + 3
    assert 0 < pace["ack_p95_ms"] < 2_000
    assert 0 < pace["reply_p50_ms"] <= pace["reply_p95_ms"] < 20_000
    assert pace["portals_today"] >= 1
