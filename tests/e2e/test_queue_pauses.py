"""A portal's part of a queue is paused by hand: it rests, others go on, and nothing of it is lost."""

import asyncio
from typing import Any

import pytest

from tests.e2e.product import Product, eventually


async def company(product: Product) -> tuple[dict[str, Any], str]:
    """A portal with the app installed, and its id."""
    portal = await product.portal(users_count=2)
    installed = await product.install(portal, [1, 2])
    return portal, installed["complete"]["portal_id"]


async def answers(product: Product, portal: dict[str, Any]) -> list[str]:
    """What the bot answered to pings."""
    return [one["text"] for one in await product.visible(portal, "2") if one["from_bot"] and one["text"] == "pong"]


@pytest.mark.parametrize("queue", ["messaging", "delivery"])
async def test_what_waits_of_a_paused_queue_is_kept_and_done_when_resumed(product: Product, queue: str) -> None:
    portal, portal_id = await company(product)
    neighbour, _ = await company(product)
    path = f"/portals/{portal_id}/queues/{queue}"

    paused = (await product.admin_post(f"{path}/pause", reason="their server is being moved")).json()["items"]
    for number in range(3):
        await product.write(portal, 2, "ping")
        await product.write(neighbour, 2, "ping")

        async def answered(count: int = number + 1) -> bool:
            return len(await answers(product, neighbour)) == count

        await eventually(answered, what="the neighbour's answer")
    await asyncio.sleep(2)  # longer than a sweep
    silent = await answers(product, portal)
    listed = (await product.admin("/system/pauses"))["items"]
    diagnosis = (await product.admin_post(f"/portals/{portal_id}/diagnostics")).json()
    await product.admin_post(f"{path}/resume")

    async def all_answered() -> bool:
        return len(await answers(product, portal)) == 3

    await eventually(all_answered, what="what had gathered")
    assert [(one["queue"], one["reason"]) for one in paused] == [(queue, "their server is being moved")]
    assert silent == []
    assert portal_id in {one["portal_id"] for one in listed}
    assert "their server is being moved" in str(diagnosis)
    assert (await product.admin("/system/pauses", portal_id=portal_id))["items"] == []
    told = (await product.admin("/audit", action="queue.pause"))["items"]
    assert portal_id in {one["portal_id"] for one in told}


async def test_a_document_waits_while_reading_is_paused(product: Product) -> None:
    portal = await product.portal(users_count=2)
    done = (await product.install(portal, [1, 2]))["complete"]
    path, headers = (
        f"/portals/{done['portal_id']}/queues/knowledge",
        {"authorization": f"Bearer {done['portal_token']}"},
    )
    url = f"{product.url}/v1/portal/kb"

    await product.admin_post(f"{path}/pause", reason="a bad file")
    made = await product.http.post(f"{url}/upload", files={"file": ("a.md", b"# Kefir")}, headers=headers)
    await asyncio.sleep(2)

    async def state() -> str:
        found = await product.http.get(f"{url}/documents/{made.json()['id']}", headers=headers)
        return str(found.json()["state"])

    before = await state()
    await product.admin_post(f"{path}/resume")

    async def is_ready() -> bool:
        return await state() == "ready"

    await eventually(is_ready, 30, "the document")
    assert before in {"uploaded", "queued"}


async def test_only_a_known_portal_and_a_queue_that_can_rest_are_paused_and_why_is_said(product: Product) -> None:
    _, portal_id = await company(product)
    nobody = "00000000-0000-4000-8000-000000000001"

    unknown = await product.admin_post(f"/portals/{nobody}/queues/delivery/pause", reason="x")
    no_queue = await product.admin_post(f"/portals/{portal_id}/queues/spool/pause", reason="x")
    silent = await product.admin_post(f"/portals/{portal_id}/queues/delivery/pause", reason="")

    assert (unknown.status_code, unknown.json()["error"]) == (404, "portal_not_found")
    assert no_queue.status_code == silent.status_code == 422
    assert (await product.admin("/system/pauses", portal_id=portal_id))["items"] == []
