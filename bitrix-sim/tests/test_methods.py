"""Bots, commands, users, placements, subscriptions and the small methods (contract 4, 5.7, 6, 7)."""

from typing import Any

import pytest

from b24sim.testing import NOW, Sim
from bitrix import phpform

URL = "http://127.0.0.1:1/events"


@pytest.fixture
async def portal(sim: Sim) -> dict[str, Any]:
    return await sim.portal(users_count=120, limits="off", installed=True)


def bot(**fields: Any) -> dict[str, Any]:
    given = {"code": "tb", "properties": {"name": "Бот"}, "eventMode": "webhook", "webhookUrl": URL}
    return {"fields": {**given, **fields}}


async def test_a_bot_registered_again_comes_back_unchanged(sim: Sim, portal: dict[str, Any]) -> None:
    first = await sim.result(portal, "imbot.v2.Bot.register", **bot())
    again = await sim.result(portal, "imbot.v2.Bot.register", **bot(properties={"name": "Другой"}))
    changed = await sim.result(
        portal, "imbot.v2.Bot.update", botId=first["bot"]["id"], fields={"properties": {"name": "Другой"}}
    )

    assert first["bot"] == {
        "id": 812, "code": "tb", "type": "bot", "isHidden": False, "isSupportOpenline": False,
        "isReactionsEnabled": True, "backgroundId": None, "language": "ru", "moduleId": "rest",
        "eventMode": "webhook", "countMessage": 0, "countCommand": 0, "countChat": 0, "countUser": 0,
    }  # fmt: skip
    assert [answer["users"][0]["name"] for answer in (first, again, changed)] == ["Бот", "Бот", "Другой"]
    assert (await sim.result(portal, "imbot.v2.Bot.get", code="tb"))["bot"]["id"] == 812
    listed = await sim.result(portal, "imbot.v2.Bot.list", limit=50, offset=0)
    assert ([item["id"] for item in listed["bots"]], listed["hasNextPage"]) == ([812], False)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"code": ""}, "BOT_CODE_REQUIRED"),
        ({"properties": {}}, "BOT_PROPERTIES_REQUIRED"),
        ({"type": "cat"}, "BOT_INVALID_TYPE"),
        ({"eventMode": "pigeon"}, "BOT_INVALID_EVENT_MODE"),
        ({"webhookUrl": ""}, "BOT_WEBHOOK_URL_REQUIRED"),
        ({"webhookUrl": "ftp://app.example/"}, "BOT_INVALID_CALLBACK"),
        ({"webhookUrl": "https://localhost/"}, "BOT_INVALID_CALLBACK"),
    ],
)
async def test_a_bot_is_checked(sim: Sim, portal: dict[str, Any], fields: dict[str, Any], error: str) -> None:
    answer = await sim.call(portal, "imbot.v2.Bot.register", **bot(**fields))

    assert (answer.status_code, answer.json()["error"]) == (400, error)


async def test_commands_live_with_their_bot(sim: Sim, portal: dict[str, Any]) -> None:
    bot_id = await sim.bot(portal, URL)
    given = {"command": "help", "title": {"ru": "Помощь"}, "params": {"ru": "[тема]"}}

    made = await sim.result(portal, "imbot.v2.Command.register", botId=bot_id, fields=given)
    untitled = await sim.call(portal, "imbot.v2.Command.register", botId=bot_id, fields={"command": "more"})
    named_badly = await sim.call(portal, "imbot.v2.Command.register", botId=bot_id, fields={"command": "мы"})
    named = {"botId": bot_id, "commandId": made["command"]["id"]}
    await sim.result(portal, "imbot.v2.Command.update", **named, fields={"title": {"ru": "Справка"}})
    listed = await sim.result(portal, "imbot.v2.Command.list", botId=bot_id)
    await sim.result(portal, "imbot.v2.Command.unregister", **named)

    assert made["command"] == {
        "id": 78, "botId": bot_id, "command": "/help", "common": False, "hidden": False, "extranetSupport": False,
    }  # fmt: skip
    assert untitled.json()["error"] == "COMMAND_TITLE_REQUIRED"
    assert named_badly.json()["error"] == "COMMAND_NAME_INVALID"
    assert [(item["title"], item["params"]) for item in listed["commands"]] == [("Справка", "[тема]")]
    assert (await sim.result(portal, "imbot.v2.Command.list", botId=bot_id))["commands"] == []


async def test_a_command_is_answered_in_its_chat(sim: Sim, portal: dict[str, Any]) -> None:
    bot_id = await sim.bot(portal, URL)
    given = {"command": "help", "title": {"ru": "Помощь"}}
    command = (await sim.result(portal, "imbot.v2.Command.register", botId=bot_id, fields=given))["command"]
    written = await sim.say(portal, 5, "/help")

    answer = await sim.result(
        portal, "imbot.v2.Command.answer", botId=bot_id, commandId=command["id"],
        messageId=written["message_id"], dialogId="5", fields={"message": "Спросите о курсах"},
    )  # fmt: skip

    assert answer == {"result": True}
    assert [item["text"] for item in await sim.seen(portal, dialog_id="5")] == ["/help", "Спросите о курсах"]


async def test_typing_and_reading(sim: Sim, portal: dict[str, Any]) -> None:
    bot_id = await sim.bot(portal, URL)
    written = await sim.say(portal, 5, "Привет")
    dialog = {"botId": bot_id, "dialogId": "5"}

    typing = await sim.result(portal, "imbot.v2.Chat.InputAction.notify", **dialog, duration=30)
    too_long = await sim.call(portal, "imbot.v2.Chat.InputAction.notify", **dialog, duration=601)
    read = await sim.result(portal, "imbot.v2.Chat.Message.read", **dialog)

    assert typing == {"result": True}
    assert too_long.json()["error"] == "INVALID_ARG_VALUE"
    assert (read["lastId"], read["viewedMessages"]) == (written["message_id"], [written["message_id"]])


async def test_users_come_in_pages_of_fifty(sim: Sim, portal: dict[str, Any]) -> None:
    pages = [(await sim.call(portal, "user.get", start=start)).json() for start in (0, 50, 100)]
    uncounted = (await sim.call(portal, "user.get", start=-1, FILTER={">ID": 100})).json()

    assert [(len(page["result"]), page["total"], page.get("next")) for page in pages] == [
        (50, 120, 50), (50, 120, 100), (20, 120, None),
    ]  # fmt: skip
    assert pages[0]["result"][0]["ID"] == "1"
    assert pages[0]["result"][1]["UF_DEPARTMENT"] == [1, 4]
    assert "total" not in uncounted
    assert [user["ID"] for user in uncounted["result"]][:2] == ["101", "102"]


@pytest.mark.parametrize(
    ("criteria", "ids"),
    [
        ({"@ID": [3, 7]}, ["3", "7"]),
        ({"ID": "3"}, ["3"]),
        ({"ACTIVE": False}, []),
        ({"NAME_SEARCH": "смирнова"}, ["1"]),
        ({"UF_DEPARTMENT": 4, "<ID": 10}, ["2", "8"]),
        ({"USER_TYPE": "extranet"}, []),
    ],
)
async def test_users_are_filtered(sim: Sim, portal: dict[str, Any], criteria: Any, ids: list[str]) -> None:
    found = await sim.result(portal, "user.get", FILTER=criteria)

    assert [user["ID"] for user in found] == ids


async def test_who_calls(sim: Sim, portal: dict[str, Any]) -> None:
    opened = await sim.control("POST", f"/portals/{portal['member_id']}/open", {"user_id": 2})
    employee = opened["form"]["AUTH_ID"]

    assert (await sim.result(portal, "user.admin"), await sim.result(portal, "user.admin", auth=employee)) == (
        True,
        False,
    )
    assert (await sim.result(portal, "profile", auth=employee))["ID"] == "2"
    assert (await sim.result(portal, "user.current", auth=employee))["ID"] == "2"
    found = await sim.result(portal, "user.search", FILTER={"FIND": "Смирнова"})
    assert [user["ID"] for user in found] == ["1"]
    departments = await sim.result(portal, "department.get", PARENT=1)
    assert [item["NAME"] for item in departments][:2] == ["Продажи", "Бухгалтерия"]


async def test_small_methods(sim: Sim, portal: dict[str, Any]) -> None:
    assert (await sim.result(portal, "app.info"))["INSTALLED"] is True
    assert "imbot" in await sim.result(portal, "scope")
    assert await sim.result(portal, "method.get", name="User.Get") == {"isExisting": True, "isAvailable": True}
    assert await sim.result(portal, "method.get", name="crm.deal.add") == {
        "isExisting": False,
        "isAvailable": False,
    }
    assert (await sim.result(portal, "server.time")).endswith("+03:00")
    assert (await sim.result(portal, "imbot.v2.Revision.get"))["rest"] >= 33
    unknown = await sim.call(portal, "no.such.method")
    assert (unknown.status_code, unknown.json()["error"]) == (404, "ERROR_METHOD_NOT_FOUND")


async def test_placements_are_bound_by_an_admin(sim: Sim, portal: dict[str, Any]) -> None:
    place = {"PLACEMENT": "IM_SIDEBAR", "HANDLER": "https://app.example/placement"}
    opened = await sim.control("POST", f"/portals/{portal['member_id']}/open", {"user_id": 2})

    bound = await sim.result(portal, "placement.bind", **place, TITLE="Teachbase AI")
    again = await sim.call(portal, "placement.bind", **place)
    unnamed = await sim.call(portal, "placement.bind")
    by_employee = await sim.call(portal, "placement.bind", auth=opened["form"]["AUTH_ID"], **place)
    listed = await sim.result(portal, "placement.get")

    assert bound is True
    assert [(item["placement"], item["title"]) for item in listed] == [("IM_SIDEBAR", "Teachbase AI")]
    assert (again.status_code, again.json()["error"]) == (400, "ERROR_CORE")
    assert (unnamed.status_code, unnamed.json()["error"]) == (200, "ERROR_ARGUMENT")
    assert (by_employee.status_code, by_employee.json()["error"]) == (403, "ACCESS_DENIED")
    assert "LEFT_MENU" in await sim.result(portal, "placement.list")
    assert await sim.result(portal, "placement.unbind", PLACEMENT="IM_SIDEBAR") == {"count": 1}


async def test_a_bound_handler_hears_the_probe(sim: Sim, portal: dict[str, Any], product: Any) -> None:
    handler = {"event": "OnAppTest", "handler": f"{product.url}/events"}

    await sim.result(portal, "event.bind", **handler)
    again = await sim.call(portal, "event.bind", **handler)
    unknown = await sim.call(portal, "event.bind", event="ONMOONRISE", handler=handler["handler"])
    await sim.result(portal, "event.test", any="data")

    event: Any = phpform.decode((await product.heard(1))[0]).fields
    assert (event["event"], event["data"]["QUERY"]) == ("ONAPPTEST", {"any": "data"})
    assert again.json()["error"] == "ERROR_CORE"
    assert unknown.json()["error"] == "ERROR_EVENT_NOT_FOUND"
    assert [item["event"] for item in await sim.result(portal, "event.get")] == ["ONAPPTEST"]
    assert await sim.result(portal, "event.unbind", **handler) == {"count": 1}


async def test_the_subscriptions_of_a_webhook_bot_are_listed_and_go_where_it_posts(
    sim: Sim, portal: dict[str, Any]
) -> None:
    bot_id = await sim.bot(portal, "http://127.0.0.1:1/events")
    bound = await sim.result(portal, "event.get")
    await sim.result(portal, "imbot.v2.Bot.update", botId=bot_id, fields={"eventMode": "fetch"})

    assert "ONIMBOTV2MESSAGEADD" in [item["event"] for item in bound]
    assert {item["handler"] for item in bound} == {"http://127.0.0.1:1/events"}
    assert await sim.result(portal, "event.get") == []


async def test_what_a_portal_granted_its_clock_and_its_payment_can_change(
    sim: Sim, portal: dict[str, Any]
) -> None:
    place = {"PLACEMENT": "IM_SIDEBAR", "HANDLER": "https://app.example/placement"}
    change = {"scope": "imbot,placement", "clock_skew_s": 600, "payment_expired": True, "installed": False}

    await sim.control("PATCH", f"/portals/{portal['member_id']}", change)

    info = await sim.call(portal, "app.info")
    batch = await sim.result(portal, "batch", cmd={"a": "app.info"})
    assert (info.json()["result"]["PAYMENT_EXPIRED"], info.json()["result"]["INSTALLED"]) == ("Y", False)
    assert info.json()["time"]["finish"] - NOW >= 600
    assert batch["result_time"]["a"]["finish"] - NOW >= 600
    assert await sim.result(portal, "scope") == ["imbot", "placement"]
    assert (await sim.call(portal, "placement.bind", **place)).json()["error"] == "ERROR_PLACEMENT_NOT_FOUND"


async def test_tokens_of_a_person_can_be_revoked(sim: Sim, portal: dict[str, Any]) -> None:
    path = f"/portals/{portal['member_id']}/revoke"
    refresh = {
        "grant_type": "refresh_token",
        "client_id": "app.local.teachbase",
        "client_secret": "local-secret",
        "refresh_token": portal["admin"]["refresh_token"],
    }

    kept = await sim.control(
        "POST", path, {"user_id": portal["admin"]["user_id"], "access": False, "refresh": False}
    )
    gone = await sim.control("POST", path, {"user_id": portal["admin"]["user_id"]})

    assert (kept, gone) == ({"revoked": 0}, {"revoked": 2})
    assert (await sim.call(portal, "app.info")).json()["error"] == "invalid_token"
    assert (await sim.http.post("/oauth/token/", data=refresh)).json()["error"] == "invalid_grant"
