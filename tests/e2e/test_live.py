"""The console's live stream: what changes is told within seconds, and nobody who may not follow does."""

import asyncio
import json

from tests.e2e.product import Product


async def test_a_portal_on_hold_is_told_within_seconds(product: Product) -> None:
    portal = await product.portal(users_count=2)
    portal_id = (await product.install(portal, [1, 2]))["complete"]["portal_id"]
    path, held = f"/portals/{portal_id}/queues/delivery", list[int]()
    headers = {**await product.admin_headers(), "accept": "text/event-stream"}
    url = f"{product.url}/v1/admin/system/live"

    async with asyncio.timeout(20), product.http.stream("GET", url, headers=headers) as live:
        kind = live.headers["content-type"]
        async for line in live.aiter_lines():
            if not line.startswith("data: "):
                continue
            queues = json.loads(line.removeprefix("data: "))["queues"]["items"]
            held.append(next(one["held_portals"] for one in queues if one["queue"] == "delivery"))
            if len(held) == 1:
                await product.admin_post(f"{path}/pause", reason="a test")
                await product.write(portal, 2, "ping")
            elif held[-1] > held[0]:
                break
    await product.admin_post(f"{path}/resume")

    assert kind.startswith("text/event-stream")
    assert held[-1] == held[0] + 1


async def test_who_is_not_signed_in_follows_nothing(product: Product) -> None:
    refused = await product.http.get(f"{product.url}/v1/admin/system/live")

    assert (refused.status_code, refused.json()["error"]) == (401, "unauthorized")
