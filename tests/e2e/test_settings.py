"""Settings of a portal, its classic bot, fetch mode, and a link that renews its credential."""

from typing import Any

import pytest

from tests.e2e.product import Product, eventually


class Administrator:
    """The portal's administrator in the app."""

    def __init__(self, product: Product, portal: dict[str, Any], installed: dict[str, Any]) -> None:
        self.product, self.portal = product, portal
        self.portal_id = installed["complete"]["portal_id"]
        self._headers = {"authorization": f"Bearer {installed['complete']['portal_token']}"}

    async def call(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        url = f"{self.product.url}/v1/portal{path}"
        answer = await self.product.http.request(method, url, json=body, headers=self._headers)
        assert answer.status_code == status, answer.text
        return answer.json()


async def installed(product: Product, user_ids: list[int], **options: Any) -> Administrator:
    portal = await product.portal(**options)
    return Administrator(product, portal, await product.install(portal, user_ids))


async def answers(admin: Administrator, user_id: int, text: str) -> list[dict[str, Any]]:
    """Ask and return what the bot shows for it."""
    asked = await admin.product.write(admin.portal, user_id, text)

    async def after() -> list[dict[str, Any]]:
        shown = await admin.product.visible(admin.portal, str(user_id))
        return [one for one in shown if one["from_bot"] and one["id"] > asked]

    found: list[dict[str, Any]] = await eventually(after, seconds=30, what="the answer")
    return found


async def test_a_portal_that_cannot_reach_us_is_asked_for_its_events(product: Product) -> None:
    admin = await installed(product, [1, 2], users_count=3)

    before = await admin.call("GET", "/settings")
    saved = await admin.call("PUT", "/settings", {"event_mode": "fetch"})
    fetched = await answers(admin, 2, "ping")
    await admin.call("PUT", "/settings", {"event_mode": "webhook"})
    pushed = await answers(admin, 2, "ping")

    assert before == {"language": "ru", "event_mode": "webhook"}
    assert saved == {"language": "ru", "event_mode": "fetch"}
    assert [one["text"] for one in [*fetched, *pushed]] == ["pong", "pong"]


async def test_an_old_box_gets_a_classic_bot_that_greets_answers_and_has_buttons(product: Product) -> None:
    admin = await installed(product, [1, 2], users_count=3, bots_v2=False)

    refused = await admin.call("PUT", "/settings", {"event_mode": "fetch"}, status=409)
    await eventually(lambda: product.visible(admin.portal, "2"), what="the welcome")
    (welcome,) = await product.visible(admin.portal, "2")
    answer = await answers(admin, 2, "ping")
    pressed = {"message_id": welcome["id"], "index": 0, "user_id": 2}
    await product.sim("POST", f"/portals/{admin.portal['member_id']}/buttons", **pressed)

    async def helped() -> bool:
        shown = await product.visible(admin.portal, "2")
        return "Что я умею" in shown[-1]["text"]

    await eventually(helped, what="the help")
    assert refused["error"] == "fetch_needs_bots_v2"
    assert [one["text"] for one in answer] == ["pong"]


async def test_the_language_chosen_is_the_first_that_the_bot_speaks(product: Product) -> None:
    admin = await installed(product, [1], users_count=3)

    await admin.call("PUT", "/settings", {"language": "en"})
    saved = await admin.call("PUT", "/allowed-users", {"user_ids": [1, 3]})

    async def greeted() -> list[dict[str, Any]]:
        return await product.visible(admin.portal, "3")

    (welcome,) = await eventually(greeted, what="the welcome")
    assert welcome["text"].startswith("Hello!")
    assert saved["provision"]["total"] == 1
    again = await admin.call("PUT", "/allowed-users", {"user_ids": [1, 3]})
    assert again["provision"] == {"status": "ok", "total": 0, "ok": 0, "failed": []}


async def test_bad_settings_are_refused_and_change_nothing(product: Product) -> None:
    admin = await installed(product, [1])

    bad: list[Any] = [{"language": "fr"}, {"event_mode": "pigeon"}, [], {"language": 5}]
    for body in bad:
        await admin.call("PUT", "/settings", body, status=422)

    assert await admin.call("GET", "/settings") == {"language": "ru", "event_mode": "webhook"}


async def test_departments_are_chosen_by_name_and_reach_those_within_them(product: Product) -> None:
    people = [
        {"id": 1, "name": "Ольга", "last_name": "Смирнова", "admin": True, "departments": [1]},
        {"id": 2, "name": "Анна", "last_name": "Ёлкина", "departments": [3]},
    ]
    admin = await installed(product, [1], users=people)
    departments = (await admin.call("GET", "/departments"))["items"]
    top = next(one for one in departments if one["parent_id"] is None)

    saved = await admin.call("PUT", "/allowed-users", {"mode": "departments", "department_ids": [top["id"]]})

    anna = (await admin.call("GET", "/users?ids=2"))["items"][0]
    assert next(one["parent_id"] for one in departments if one["id"] == 3) == top["id"]
    assert saved["department_ids"] == [top["id"]]
    assert (anna["departments"], anna["allowed"]) == ([3], True)
    await product.write(admin.portal, 2, "ping")

    async def ponged() -> bool:
        return "pong" in [one["text"] for one in await product.visible(admin.portal, "2")]

    await eventually(ponged, what="the answer")


async def test_a_link_gives_a_portal_a_live_credential_again(product: Product) -> None:
    admin = await installed(product, [1, 2])
    path = f"/portals/{admin.portal_id}/authorize"

    link = (await product.admin_post(path)).json()
    answer = await product.http.get(link["url"], follow_redirects=True)
    by_an_employee = await product.http.get(f"{link['url']}&user_id=2", follow_redirects=True)
    forged = await product.http.get(f"{product.url}/v1/bitrix/oauth/callback", params={"code": "x", "state": "y"})
    bare = await product.http.get(f"{product.url}/v1/bitrix/oauth/callback")

    assert (answer.status_code, "Доступ восстановлен" in answer.text) == (200, True)
    assert [one.status_code for one in (by_an_employee, forged, bare)] == [403, 403, 403]
    audited = (await product.admin("/audit", portal_id=admin.portal_id))["items"]
    assert "portal.authorize" in [one["action"] for one in audited]
    assert [one["text"] for one in await answers(admin, 2, "ping")] == ["pong"]


@pytest.mark.parametrize("other", [True, False], ids=["another portal", "its own"])
async def test_a_link_is_good_for_its_own_portal_only(product: Product, other: bool) -> None:
    admin, stranger = await installed(product, [1]), await installed(product, [1])
    link = (await product.admin_post(f"/portals/{admin.portal_id}/authorize")).json()
    state = link["url"].split("state=")[1]
    whose = stranger if other else admin
    code = (await product.sim("POST", f"/portals/{whose.portal['member_id']}/code", user_id=1))["code"]

    answer = await product.http.get(f"{product.url}/v1/bitrix/oauth/callback?code={code}&state={state}")

    assert answer.status_code == (403 if other else 200)
