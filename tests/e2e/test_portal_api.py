"""The portal app's API, as its page in the portal's frame uses it."""

from typing import Any

import httpx

from tests.e2e.product import Product, eventually

REFUSED = {401, 403}


async def session(product: Product, portal: dict[str, Any], user_id: int) -> dict[str, Any]:
    opened = await product.sim("POST", f"/portals/{portal['member_id']}/open", user_id=user_id)
    body = {"AUTH_ID": opened["form"]["AUTH_ID"], "member_id": portal["member_id"]}
    answer = await product.http.post(f"{product.url}/v1/bitrix/session", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def ask(product: Product, token: str, path: str, method: str = "GET", body: object = None) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}"}
    return await product.http.request(method, f"{product.url}/v1/portal{path}", headers=headers, json=body)


async def test_an_administrator_sees_and_changes_who_may_talk(product: Product) -> None:
    portal = await product.portal(users_count=60, limits="off")
    await product.install(portal, [1, 2])
    admin = (await session(product, portal, 1))["portal_token"]

    status = (await ask(product, admin, "/status")).json()
    employees: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await ask(product, admin, f"/users?limit=25&cursor={cursor}")).json()
        employees, cursor = employees + page["items"], page["next_cursor"]
    named = (await ask(product, admin, "/users?ids=59&ids=60")).json()["items"]
    saved = (await ask(product, admin, "/allowed-users", "PUT", {"user_ids": [1, 2, 3]})).json()
    again = (await ask(product, admin, "/allowed-users", "PUT", {"user_ids": [3, 2, 1]})).json()

    assert (status["status"], status["bot"]["status"], status["next_step"]) == ("active", "registered", None)
    assert sorted(one["id"] for one in employees) == list(range(1, 61))
    assert {one["id"] for one in employees if one["allowed"]} == {1, 2}
    assert sorted(one["id"] for one in named) == [59, 60]
    assert saved["mode"] == again["mode"] == "list"
    assert again["user_ids"] == [1, 2, 3]
    welcomes = await eventually(lambda: _welcomes(product, portal, 3))
    assert len(welcomes) == 3
    provisioned = (await ask(product, admin, "/chats/provision", "POST")).json()
    assert provisioned == {"status": "ok", "total": 3, "ok": 3, "failed": []}


async def test_a_change_of_access_reaches_the_bot_within_five_seconds(product: Product) -> None:
    portal = await product.portal(users_count=4, limits="off")
    await product.install(portal, [1])
    admin = (await session(product, portal, 1))["portal_token"]
    await ask(product, admin, "/allowed-users", "PUT", {"mode": "all"})

    async def ponged() -> bool:
        await product.write(portal, 4, "ping")
        texts = [message["text"] for message in await product.visible(portal, "4") if message["from_bot"]]
        return "pong" in texts

    await eventually(ponged, 5, "an answer to who was let in")


async def test_an_employee_reads_what_is_theirs_and_changes_nothing(product: Product) -> None:
    portal = await product.portal(users_count=4, limits="off")
    await product.install(portal, [1, 2])
    message_id = await product.write(portal, 2, "Где отчёт?")

    async def answered() -> bool:
        return any(one["from_bot"] and one["id"] > message_id for one in await product.visible(portal, "2"))

    await eventually(answered)
    mine, stranger = await session(product, portal, 2), await session(product, portal, 4)

    statuses = [
        (await ask(product, one["portal_token"], "/status")).json()["user"]["allowed"] for one in (mine, stranger)
    ]
    usage = (await ask(product, mine["portal_token"], "/usage")).json()
    refused = [
        (await ask(product, mine["portal_token"], path, method, body)).status_code
        for path, method, body in (
            ("/users", "GET", None),
            ("/allowed-users", "GET", None),
            ("/allowed-users", "PUT", {"mode": "all"}),
            ("/setup", "POST", None),
            ("/chats/provision", "POST", None),
        )
    ]

    assert mine["user"]["is_admin"] is False
    assert statuses == [True, False]
    assert [(line["name"], line["used"]) for line in usage["limits"]] == [("replies_per_month", 1)]
    assert refused == [403] * 5


async def test_a_portal_without_the_app_and_a_forged_page_get_no_session(product: Product) -> None:
    portal = await product.portal()
    opened = await product.sim("POST", f"/portals/{portal['member_id']}/open", user_id=1)
    true = {"AUTH_ID": opened["form"]["AUTH_ID"], "member_id": portal["member_id"]}

    not_installed = await product.http.post(f"{product.url}/v1/bitrix/session", json=true)
    forged = await product.http.post(f"{product.url}/v1/bitrix/session", json={**true, "AUTH_ID": "guessed"})
    nobody = await product.http.get(f"{product.url}/v1/portal/status")

    assert (not_installed.status_code, not_installed.json()["error"]) == (404, "not_installed")
    assert (forged.status_code, forged.json()["error"]) == (403, "install_not_verified")
    assert nobody.status_code == 401


async def _welcomes(product: Product, portal: dict[str, Any], count: int) -> list[dict[str, Any]]:
    shown = [message for message in await product.visible(portal) if message["from_bot"]]
    return shown if len(shown) >= count else []
