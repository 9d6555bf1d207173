"""Every sample body of Bitrix24, posted as it is: what is stored, whether it is answered, and why not."""

from typing import Any

import pytest

from tests.e2e.product import EVENTS, FORM, Product, eventually

MEMBER_ID = "5f2c1be07a9d4e63b8d0a1c2e3f40516"
APPLICATION_TOKEN = "0c9f0e6d5b7a41c28e3d94f1a2b3c4d5"

# file -> outcome, reason, dialog in which the bot answers ("" = it is silent). In this order on one portal.
EXPECTED = {
    "01-onappinstall.txt": ("accepted", "life_cycle", ""),
    "02-onappinstall-forged.txt": ("refused", "wrong_token", ""),
    "04-onappupdate.txt": ("refused", "wrong_token", ""),
    "05-onapppayment.txt": ("refused", "wrong_token", ""),
    "06-install-wizard-page.txt": ("unparsable", "no_event", ""),
    "07-main-page.txt": ("unparsable", "no_event", ""),
    "09-v2-messageadd-private.txt": ("accepted", None, "27"),
    "10-v2-messageadd-group-mention.txt": ("accepted", None, "chat963"),
    "11-v2-messageadd-file-only.txt": ("accepted", None, "27"),
    "14-v2-messageadd-system.txt": ("ignored", "system_message", ""),
    "15-v2-messageadd-duplicate.txt": ("duplicate", "same as", ""),
    "16-v2-messageupdate.txt": ("accepted", None, "27"),  # it was answered: a new question
    "17-v2-messagedelete.txt": ("ignored", "message_deleted", ""),
    "18-v2-joinchat-private.txt": ("accepted", None, ""),
    "19-v2-joinchat-group.txt": ("accepted", None, ""),  # greeted when the chat was made
    "20-v2-botdelete.txt": ("accepted", "bot_deleted", ""),
    "21-v2-commandadd-keyboard.txt": ("ignored", "unknown_button", ""),
    "23-v2-contextget.txt": ("ignored", "context_opened", ""),
    "24-v2-reactionchange.txt": ("ignored", "reaction", ""),
    "25-v2-messageadd-no-tokens.txt": ("accepted", None, "27"),
    "27-v2-messageadd-bad-token.txt": ("refused", "wrong_token", ""),
    "28-v2-messageadd-openline.txt": ("ignored", "open_line", ""),
    "29-v2-messageadd-json-variant.json": ("accepted", None, "27"),
    "30-v1-messageadd-private.txt": ("accepted", None, "27"),
    "33-v1-joinchat.txt": ("duplicate", "same as", ""),  # as 18, told by the other generation
    "34-v1-commandadd.txt": ("accepted", None, "27"),
    "35-v1-botdelete.txt": ("accepted", "bot_deleted", ""),
    "40-v2-fetch-response.json": ("unparsable", "no_event", ""),
    "41-v2-fetch-empty.json": ("unparsable", "no_event", ""),
    "03-onappuninstall-clean.txt": ("accepted", "life_cycle", ""),
}


@pytest.fixture(scope="module")
async def installed(running: Product) -> dict[str, Any]:
    async with running.connected():
        portal = await running.portal(
            domain="romashka-demo.bitrix24.ru",
            member_id=MEMBER_ID,
            application_token=APPLICATION_TOKEN,
            next_bot_id=812,
            users=[
                {"id": 1, "name": "Ольга", "last_name": "Смирнова", "admin": True},
                {"id": 27, "name": "Анна", "last_name": "Ёлкина"},
                {"id": 31, "name": "Пётр", "last_name": "Иванов"},
            ],
            first_message_id=80000,
        )
        await running.install(portal, [1, 27, 31])
        path = f"/portals/{MEMBER_ID}/chats"
        await running.sim("POST", path, chat_id=963, name="Обучение: отдел продаж «Юг»", members=[1, 27, 31, 812])
        await eventually(lambda: _greeted(running, portal), what="a greeting in the group")
        return portal


def test_the_table_names_every_body() -> None:
    assert set(EXPECTED) == {path.name for path in EVENTS.iterdir() if path.name != "README.md"}


@pytest.mark.parametrize("name", EXPECTED)
async def test_a_body_is_stored_and_answered_or_ignored_with_a_reason(
    product: Product, installed: dict[str, Any], name: str
) -> None:
    outcome, reason, dialog_id = EXPECTED[name]
    before = await _bot_messages(product, installed)
    headers = {"content-type": "application/json"} if name.endswith(".json") else FORM

    answer = await product.post_event((EVENTS / name).read_bytes(), headers)

    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    trace_id = answer.json()["trace_id"]
    row = (await product.admin("/inbound-events", trace_id=trace_id))["items"][0]
    assert row["outcome"] == outcome
    assert (row["reason"] or "").startswith(reason or "")
    assert len((await product.admin("/events", trace_id=trace_id))["items"]) >= 1
    if outcome == "accepted" and reason is None:
        await eventually(lambda: _is_over(product, trace_id), what="an end of the message")
    after = await _bot_messages(product, installed)
    assert [one["dialog_id"] for one in after[len(before) :]] == ([dialog_id] if dialog_id else [])


async def _bot_messages(product: Product, portal: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in await product.visible(portal) if one["from_bot"]]


async def _greeted(product: Product, portal: dict[str, Any]) -> bool:
    return "chat963" in [one["dialog_id"] for one in await _bot_messages(product, portal)]


async def _is_over(product: Product, trace_id: str) -> bool:
    """Whether each message of the trace is ignored, or answered with a reply that is sent."""
    messages = (await product.admin("/messages", trace_id=trace_id))["items"]
    states = {message["direction"]: message["state"] for message in messages}
    return states.get("rx") == "ignored" or states.get("tx") == "sent"
