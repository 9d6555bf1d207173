"""The skeleton's promise: installed, asked, answered in the messenger, and the console shows how."""

from typing import Any

from tests.e2e.product import Product, eventually

_STEPS = [
    "received",
    "stored",
    "claimed",
    "quota",
    "retrieved",
    "answered",
    "queued",
    "attempt",
    "sent",
    "confirmed",
]


async def test_a_message_is_answered_once_and_its_trace_tells_every_step(product: Product) -> None:
    portal = await product.portal(users_count=4)
    installed = await product.install(portal, [1, 2, 3])
    portal_id = installed["complete"]["portal_id"]

    message_id = await product.write(portal, 2, "Как оформить отпуск?")
    replies = await eventually(lambda: _replies_after(product, portal, "2", message_id))

    assert len(replies) == 1
    assert "В базе знаний пока нет ни одного документа" in replies[0]["text"]
    found = await product.admin("/messages", portal_id=portal_id, provider_message_id=message_id)
    asked = found["items"][0]
    trace = await eventually(lambda: _finished_trace(product, asked["trace_id"]))
    assert [step["step"] for step in trace["steps"]] == _STEPS
    assert {step["service"] for step in trace["steps"]} == {"messaging", "delivery"}
    assert [step["at"] for step in trace["steps"]] == sorted(step["at"] for step in trace["steps"])
    assert trace["message_id"] == asked["id"]
    assert asked["provider_message_id"] == str(message_id)
    assert asked["state"] == "answered"


async def test_chosen_users_are_welcomed_once_however_often_the_install_is_repeated(product: Product) -> None:
    portal = await product.portal(users_count=3)

    first = await product.install(portal, [1, 2])
    again = await product.install(portal, [1, 2, 3])

    assert first["finalize"]["steps"]["provision"] == {"status": "ok", "total": 2, "ok": 2, "failed": []}
    assert again["finalize"]["steps"]["provision"] == {"status": "ok", "total": 3, "ok": 3, "failed": []}
    assert again["complete"]["portal_id"] == first["complete"]["portal_id"]
    welcomed = [message["dialog_id"] for message in await product.visible(portal)]
    assert sorted(welcomed) == ["1", "2", "3"]


async def test_rules_answer_and_strangers_are_refused_once_a_day(product: Product) -> None:
    portal = await product.portal(users_count=4)
    portal_id = (await product.install(portal, [1, 2]))["complete"]["portal_id"]

    help_id = await product.write(portal, 2, "/help")
    ping_id = await product.write(portal, 1, "ping")
    for text in ("Можно вопрос?", "А мне?", "Ау!"):
        stranger_id = await product.write(portal, 4, text)

    assert "Что я умею" in (await eventually(lambda: _replies_after(product, portal, "2", help_id)))[0]["text"]
    assert (await eventually(lambda: _replies_after(product, portal, "1", ping_id)))[0]["text"] == "pong"
    await eventually(lambda: _state_of(product, portal_id, stranger_id, "ignored"))
    to_stranger = [one for one in await product.visible(portal, "4") if one["from_bot"]]
    assert len(to_stranger) == 1
    assert "не открыл вам доступ" in to_stranger[0]["text"]


async def test_usage_counts_each_reply_to_a_question(product: Product) -> None:
    portal = await product.portal(users_count=2)
    await product.install(portal, [1, 2])

    for number in range(3):
        await product.write(portal, 1, f"Вопрос {number}")
    await eventually(lambda: _all_answered(product, portal, 3))

    row = (await product.admin("/portals", query=portal["member_id"]))["items"][0]
    assert row["status"] == "active"
    assert row["plan"] == "start"
    assert row["bot"]["status"] == "registered"


async def test_lists_page_to_the_end_without_gap_or_repeat(product: Product) -> None:
    portal = await product.portal(users_count=2)
    installed = await product.install(portal, [1])
    for number in range(7):
        await product.write(portal, 1, f"Вопрос {number}")
    await eventually(lambda: _all_answered(product, portal, 7))
    portal_id = installed["complete"]["portal_id"]

    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await product.admin("/messages", portal_id=portal_id, limit=4, cursor=cursor)
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]

    assert len(seen) == len(set(seen)) == 15  # a welcome, seven questions, seven replies
    assert seen == sorted(seen, reverse=True)


async def _replies_after(
    product: Product, portal: dict[str, Any], dialog_id: str, message_id: int
) -> list[dict[str, Any]]:
    shown = await product.visible(portal, dialog_id)
    return [one for one in shown if one["from_bot"] and one["id"] > message_id]


async def _finished_trace(product: Product, trace_id: str) -> dict[str, Any] | None:
    trace: dict[str, Any] = await product.admin(f"/traces/{trace_id}")
    return trace if trace["steps"][-1]["step"] == "confirmed" else None


async def _state_of(product: Product, portal_id: str, provider_message_id: int, state: str) -> bool:
    query = {"portal_id": portal_id, "provider_message_id": provider_message_id}
    items = (await product.admin("/messages", **query))["items"]
    return bool(items) and items[0]["state"] == state


async def _all_answered(product: Product, portal: dict[str, Any], count: int) -> bool:
    shown = await product.visible(portal, "1")
    return len([one for one in shown if one["from_bot"]]) == count + 1
