"""Portals made known, changed and deleted from the console's API."""

import uuid
from typing import Any, cast

import httpx

from tests.e2e.product import Product, eventually


async def change(product: Product, method: str, path: str, body: Any = None) -> httpx.Response:
    headers = await product.admin_headers()
    return await product.http.request(method, f"{product.url}/v1/admin/portals{path}", json=body, headers=headers)


async def test_a_portal_made_known_becomes_the_one_that_installs(product: Product) -> None:
    member_id = uuid.uuid4().hex
    body = {"member_id": member_id, "domain": "Known.bitrix24.ru"}

    made = await change(product, "POST", "", body)
    again = await change(product, "POST", "", body)
    bad = await change(product, "POST", "", {"member_id": "x", "domain": "a b"})
    portal = await product.portal(member_id=member_id, users_count=3)
    installed = await product.install(portal, [1])

    row = made.json()
    assert (made.status_code, row["status"], row["domain"]) == (201, "installing", "known.bitrix24.ru")
    assert (again.status_code, again.json()["error"]) == (409, "portal_exists")
    assert (bad.status_code, bad.json()["error"]) == (422, "validation_failed")
    assert installed["complete"]["portal_id"] == row["id"]
    assert (await product.admin(f"/portals/{row['id']}"))["domain"] == portal["domain"]


async def test_settings_and_access_are_changed_and_audited_with_before_and_after(product: Product) -> None:
    portal = await product.portal(users_count=4)
    portal_id = (await product.install(portal, [1]))["complete"]["portal_id"]

    access = {"mode": "list", "user_ids": [1, 3]}
    changed = (await change(product, "PATCH", f"/{portal_id}", {"language": "en", "access": access})).json()
    untouched = (await change(product, "PATCH", f"/{portal_id}", {})).json()
    unknown = await change(product, "PATCH", f"/{uuid.uuid4()}", {"language": "en"})

    assert changed["settings"] == {"language": "en", "event_mode": "webhook"}
    assert changed["access"]["user_ids"] == [1, 3]
    assert untouched["settings"] == changed["settings"]
    assert unknown.status_code == 404
    audited = {
        one["action"]: (one["before"], one["after"])
        for one in (await product.admin("/audit", portal_id=portal_id))["items"]
    }
    assert audited["portal.settings"][0]["language"] == "ru"
    assert audited["portal.settings"][1]["language"] == "en"
    assert audited["portal.access"][0]["user_ids"] == [1]
    assert audited["portal.access"][1]["user_ids"] == [1, 3]


async def test_a_deleted_portal_loses_its_bot_and_every_word_of_its_people(product: Product) -> None:
    portal = await product.portal(users_count=3)
    portal_id = (await product.install(portal, [1, 2]))["complete"]["portal_id"]
    await product.write(portal, 2, "ping")
    await eventually(lambda: _texts(product, portal_id), what="the message")

    deleted = await change(product, "DELETE", f"/{portal_id}")
    again = await change(product, "DELETE", f"/{portal_id}")

    assert (deleted.status_code, again.status_code) == (202, 202)
    assert deleted.json()["status"] == "uninstalled"
    await eventually(lambda: _nothing_left(product, portal_id), seconds=60, what="the purge")
    bots = await product.sim("GET", f"/portals/{portal['member_id']}")
    assert bots["bots"] == []
    reinstalled = await product.install(portal, [1])
    assert reinstalled["complete"]["portal_id"] == portal_id


async def _texts(product: Product, portal_id: str) -> list[Any]:
    items: list[Any] = (await product.admin("/messages", portal_id=portal_id))["items"]
    return items


async def _nothing_left(product: Product, portal_id: str) -> bool:
    return (
        not await _texts(product, portal_id) and not (await product.admin("/outbox", portal_id=portal_id))["items"]
    )


async def test_the_list_tells_how_many_there_are_of_each_status_and_health(product: Product) -> None:
    mark = uuid.uuid4().hex[:10]
    portals = [await product.portal(domain=f"{mark}-{number}.b24.test", users_count=2) for number in range(3)]
    for portal in portals:
        await product.install(portal, [1])
    await change(product, "POST", "", {"member_id": uuid.uuid4().hex, "domain": f"{mark}-3.b24.test"})

    first = await product.admin("/portals", query=mark, status="active", limit=2)
    second = await product.admin("/portals", query=mark, status="active", limit=2, cursor=first["next_cursor"])
    nothing = await product.admin("/portals", query=f"{mark}-nobody")

    totals = first["totals"]
    assert (totals["all"], totals["by_status"]["active"], totals["by_status"]["installing"]) == (4, 3, 1)
    assert (sum(totals["by_status"].values()), sum(totals["by_health"].values())) == (4, 4)
    assert (len(first["items"]), len(second["items"]), second["totals"]) == (2, 1, None)
    assert (nothing["items"], nothing["totals"]["all"]) == ([], 0)


async def test_who_may_talk_to_the_bot_is_told_by_name_page_by_page(product: Product) -> None:
    portal = await product.portal(users_count=4)
    portal_id = (await product.install(portal, [1]))["complete"]["portal_id"]
    access = {"mode": "list", "user_ids": [1, 3, 900]}
    (await change(product, "PATCH", f"/{portal_id}", {"access": access})).raise_for_status()

    path, cursor = f"/portals/{portal_id}/employees", cast("str | None", "")
    found: list[dict[str, Any]] = []
    for _ in range(2):
        page = await product.admin(path, allowed=True, limit=2, cursor=cursor)
        found, cursor = [*found, *page["items"]], page["next_cursor"]
    everybody = (await product.admin(path))["items"]
    strange = await product.admin_answer(path, allowed=True, cursor="nonsense")
    unknown = await product.admin_answer(f"/portals/{uuid.uuid4()}/employees")

    assert [(one["id"], bool(one["name"]), one["allowed"]) for one in found] == [
        (1, True, True),
        (3, True, True),
        (900, False, True),  # chosen, and not in the portal
    ]
    assert cursor is None
    assert {one["id"]: one["allowed"] for one in everybody} == {1: True, 2: False, 3: True, 4: False}
    assert (strange.status_code, strange.json()["error"]) == (400, "invalid_argument")
    assert unknown.status_code == 404
    assert (await product.admin(f"/portals/{portal_id}/departments"))["items"]
