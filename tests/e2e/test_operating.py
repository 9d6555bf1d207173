"""What the vendor's staff does to a portal from the console."""

from typing import Any

import httpx

from tests.e2e.product import Product, eventually


async def act(product: Product, portal_id: str, action: str, body: dict[str, Any] | None = None) -> httpx.Response:
    headers = await product.admin_headers()
    url = f"{product.url}/v1/admin/portals/{portal_id}/{action}"
    return await product.http.post(url, headers=headers, json=body)


async def test_a_suspended_portal_is_heard_and_not_answered_until_it_is_resumed(product: Product) -> None:
    portal = await product.portal(users_count=3, limits="off")
    portal_id = (await product.install(portal, [2]))["complete"]["portal_id"]

    suspended = (await act(product, portal_id, "suspend", {"reason": "Не оплачено"})).json()

    async def is_ignored() -> bool:
        await product.write(portal, 2, "ping")
        found = await product.admin("/messages", portal_id=portal_id, state="ignored")
        return any(one["reason"] == "portal_suspended" for one in found["items"])

    await eventually(is_ignored, what="the suspension")
    resumed = (await act(product, portal_id, "resume")).json()

    async def pong() -> bool:
        await product.write(portal, 2, "ping")
        return any(one["text"] == "pong" for one in await product.visible(portal, "2"))

    await eventually(pong, what="an answer after the resumption")
    log = (await product.admin("/audit", portal_id=portal_id))["items"]

    assert (suspended["status"], suspended["suspended_reason"]) == ("suspended", "Не оплачено")
    assert (resumed["status"], resumed["suspended_reason"]) == ("active", None)
    assert [(one["action"], one["email"]) for one in log] == [
        ("portal.resume", "admin@localhost"),
        ("portal.suspend", "admin@localhost"),
    ]
    assert log[1]["before"] == {"status": "active"}
    assert log[1]["after"] == {"status": "suspended", "reason": "Не оплачено"}


async def test_a_portal_is_set_up_again_and_nobody_else_may(product: Product) -> None:
    portal = await product.portal(users_count=3, limits="off")
    portal_id = (await product.install(portal, [2]))["complete"]["portal_id"]

    done = await act(product, portal_id, "setup")
    unknown = await act(product, "00000000-0000-0000-0000-000000000001", "suspend", {"reason": "x"})
    nobody = await product.http.post(f"{product.url}/v1/admin/portals/{portal_id}/suspend", json={"reason": "x"})
    empty = await act(product, portal_id, "suspend", {"reason": ""})

    assert (done.status_code, done.json()["bot"]["status"]) == (200, "registered")
    assert [one.status_code for one in (unknown, nobody, empty)] == [404, 401, 422]
