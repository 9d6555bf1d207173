"""The control API: portals, the wizard's walk, removal, groups, errors a person can read."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from b24sim.testing import Sim

EVENTS = Path(__file__).parents[2] / "tests/fixtures/bitrix24/events"


def keys(body: bytes) -> list[str]:
    return [key for key, _ in parse_qsl(body.decode(), keep_blank_values=True)]


async def test_a_portal_is_made_of_what_was_asked(sim: Sim) -> None:
    made = await sim.portal(
        domain="romashka-demo.bitrix24.ru", member_id="5F2C1BE07A9D4E63B8D0A1C2E3F40516", access_token="pinned",
        refresh_token="pinned too", next_bot_id=900, first_message_id=5,
        users=[{"id": 27, "name": "Анна", "last_name": "Ёлкина"}],
    )  # fmt: skip

    assert made["member_id"] == "5f2c1be07a9d4e63b8d0a1c2e3f40516"
    assert made["client_endpoint"] == f"{sim.url}/portals/romashka-demo.bitrix24.ru/rest/"
    assert made["admin"] == {"user_id": 27, "access_token": "pinned", "refresh_token": "pinned too"}
    assert await sim.bot(made, "http://127.0.0.1:1/events") == 900
    assert (await sim.say(made, 27, "Привет"))["message_id"] == 5
    found = await sim.control("GET", "/portals/romashka-demo.bitrix24.ru")
    assert [(user["name"], user["admin"]) for user in found["users"]] == [("Анна Ёлкина", True)]


async def test_a_page_opens_with_the_fields_of_the_sample(sim: Sim) -> None:
    portal = await sim.portal()

    opened = await sim.control("POST", f"/portals/{portal['member_id']}/open", {"user_id": 3})

    assert list(opened["query"]) == ["DOMAIN", "PROTOCOL", "LANG", "APP_SID"]
    assert list(opened["form"]) == keys((EVENTS / "06-install-wizard-page.txt").read_bytes())
    info = await sim.http.get("/rest/app.info", params={"auth": opened["form"]["AUTH_ID"]})
    assert info.json()["result"]["user_id"] == 3


async def test_the_wizard_walks_through_the_product(sim: Sim, product: Any) -> None:
    portal = await sim.portal(domain="romashka-demo.bitrix24.ru")

    answer = await sim.control("POST", f"/portals/{portal['member_id']}/install", {"user_ids": [1, 2]})

    complete, finalize = product.posts
    assert list(complete) == [
        "AUTH_ID", "REFRESH_ID", "AUTH_EXPIRES", "DOMAIN", "member_id", "APPLICATION_TOKEN", "SERVER_ENDPOINT",
    ]  # fmt: skip
    assert (complete["DOMAIN"], complete["member_id"]) == ("romashka-demo.bitrix24.ru", portal["member_id"])
    assert finalize == {"authorization": "Bearer t1", "portal_id": "p1", "selected_user_ids": [1, 2]}
    assert (answer["complete"]["portal_id"], answer["finalize"], answer["installed"]) == (
        "p1",
        {"status": "ok"},
        True,
    )
    assert (await sim.control("GET", f"/portals/{portal['member_id']}"))["installed"] is True


async def test_a_product_that_refuses_is_quoted(sim: Sim, product: Any) -> None:
    portal = await sim.portal()
    product.status = 503

    answer = await sim.http.post(f"/control/portals/{portal['member_id']}/install", json={"user_ids": [1]})

    assert answer.status_code == 502
    error = answer.json()["error"]
    assert (error["answered"], error["body"]["status"]) == (503, "ok")
    assert error["message"].endswith("/v1/bitrix/install/complete answered 503")
    assert (await sim.control("GET", f"/portals/{portal['member_id']}"))["installed"] is False


async def test_removal_says_farewell_and_takes_everything(sim: Sim, product: Any) -> None:
    portal = await sim.portal(installed=True)
    await sim.bot(portal, f"{product.url}/events")
    await sim.result(portal, "event.bind", event="ONAPPUNINSTALL", handler=f"{product.url}/events")
    await sim.result(portal, "imbot.v2.Chat.Message.send", botId=812, dialogId="2", fields={"message": "Привет"})
    path = f"/portals/{portal['member_id']}"

    await sim.control("POST", f"{path}/uninstall", {"clean": True})

    (farewell,) = await product.heard(1)
    assert keys(farewell) == keys((EVENTS / "03-onappuninstall-clean.txt").read_bytes())
    assert b"data%5BCLEAN%5D=1" in farewell
    assert await sim.seen(portal) == []
    refused = await sim.call(portal, "profile")
    assert (refused.status_code, refused.json()["error"]) == (401, "ERROR_OAUTH")
    reinstalled = await sim.control("POST", f"{path}/open", {"user_id": 1})
    assert reinstalled["form"]["APPLICATION_TOKEN"] != portal["application_token"]
    portal["admin"]["access_token"] = reinstalled["form"]["AUTH_ID"]
    assert await sim.bot(portal, f"{product.url}/events") == 813


async def test_messages_are_listed_by_dialog_and_since(sim: Sim) -> None:
    portal = await sim.portal(installed=True, limits="off")
    await sim.bot(portal, "http://127.0.0.1:1/events")
    for user_id in (2, 3, 2):
        await sim.say(portal, user_id, f"от {user_id}")
    first, *_ = await sim.seen(portal)

    assert [item["text"] for item in await sim.seen(portal)] == ["от 2", "от 3", "от 2"]
    assert [item["author_id"] for item in await sim.seen(portal, dialog_id="2")] == [2, 2]
    assert [item["dialog_id"] for item in await sim.seen(portal, since_id=first["id"])] == ["3", "2"]
    assert await sim.seen(portal, dialog_id="7") == []


async def test_mistakes_are_named(sim: Sim) -> None:
    portal = await sim.portal()
    path = f"/control/portals/{portal['member_id']}"

    unknown = await sim.http.get("/control/portals/nobody")
    typo = await sim.http.post(f"{path}/messages", json={"user_id": 2, "txt": "Привет"})
    early = await sim.http.post(f"{path}/messages", json={"user_id": 2, "text": "Привет"})
    twice = await sim.http.post("/control/portals", json={"domain": portal["domain"]})

    assert (unknown.status_code, unknown.json()["error"]["message"]) == (404, "No portal nobody")
    assert (typo.status_code, typo.json()["error"]["message"]) == (422, "txt: Extra inputs are not permitted")
    assert (early.status_code, early.json()["error"]["message"]) == (
        409, f"No bot on {portal['domain']}: install the application first",
    )  # fmt: skip
    assert twice.status_code == 409


async def test_a_deleted_portal_answers_html(sim: Sim) -> None:
    portal = await sim.portal()
    await sim.control("DELETE", f"/portals/{portal['member_id']}")

    answer = await sim.call(portal, "profile")

    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=UTF-8")
