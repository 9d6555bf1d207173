"""A dead letter is seen at once with its cause and next step, and sent again by a button: once."""

from typing import Any

from tests.e2e.product import Product, eventually

SEND = "imbot.v2.Chat.Message.send"
NOBODY = "00000000-0000-7000-8000-000000000001"


async def outbox(product: Product, portal_id: str, state: str) -> list[dict[str, Any]]:
    found = await product.admin("/outbox", portal_id=portal_id, state=state)
    items: list[dict[str, Any]] = found["items"]
    return items


async def given_up(product: Product, portal: dict[str, Any], portal_id: str, said: str) -> dict[str, Any]:
    """The dead letter of a reply that the portal refused for good."""
    fault = {"method": SEND, "kind": "dialog_closed", "count": 1}
    faults = f"{product.sim_url}/control/portals/{portal['member_id']}/faults"
    (await product.http.put(faults, json=[fault])).raise_for_status()
    await product.write(portal, 1, said)

    async def dead() -> Any:
        return next(iter(await outbox(product, portal_id, "dead")), None)

    found: dict[str, Any] = await eventually(dead, 10, "the dead letter")
    return found


async def message_state(product: Product, item: dict[str, Any]) -> str:
    found = await product.admin("/messages", trace_id=item["trace_id"], direction="tx")
    return str(found["items"][0]["state"])


async def test_a_dead_letter_is_seen_and_sent_again_once(product: Product) -> None:
    portal = await product.portal(users_count=2)
    portal_id = (await product.install(portal, [1]))["complete"]["portal_id"]
    item = await given_up(product, portal, portal_id, "ping")

    async def failed() -> bool:
        return await message_state(product, item) == "failed"

    await eventually(failed, 2, "the message's state")
    counted = (await product.operate("/outbox/retry", filter={"portal_id": portal_id})).json()
    answer = await product.operate(f"/outbox/{item['id']}/retry")

    async def shown() -> bool:
        return "pong" in [one["text"] for one in await product.visible(portal, "1")]

    async def sent() -> bool:
        return await message_state(product, item) == "sent"

    await eventually(shown, what="the reply")
    await eventually(sent, 2, "the message's state")
    again = await product.operate(f"/outbox/{item['id']}/retry")
    unknown = await product.operate(f"/outbox/{NOBODY}/retry")
    audited = (await product.admin("/audit", portal_id=portal_id))["items"]

    assert item["cause"].startswith("ACCESS_DENIED")
    assert item["next_step"]
    assert (counted["dry_run"], counted["matched"], counted["retried"]) == (True, 1, 0)
    assert (answer.status_code, answer.json()["state"]) == (200, "retry")
    assert (again.status_code, again.json()["error"]) == (409, "outbox_item_not_dead")
    assert (unknown.status_code, unknown.json()["error"]) == (404, "outbox_item_not_found")
    assert [one["text"] for one in await product.visible(portal, "1")].count("pong") == 1
    entries = [one for one in audited if one["action"] == "outbox.retry"]
    assert [one["before"]["cause"] for one in entries] == [item["cause"]]


async def test_dead_letters_are_sent_again_by_filter(product: Product) -> None:
    portal = await product.portal(users_count=2)
    portal_id = (await product.install(portal, [1]))["complete"]["portal_id"]
    await given_up(product, portal, portal_id, "ping")
    wanted = {"portal_id": portal_id, "cause": "ACCESS_DENIED"}

    done = (await product.operate("/outbox/retry", filter=wanted, dry_run=False)).json()

    async def shown() -> bool:
        return "pong" in [one["text"] for one in await product.visible(portal, "1")]

    await eventually(shown, what="the reply")
    audited = (await product.admin("/audit", portal_id=portal_id))["items"]

    assert (done["matched"], done["retried"], done["remaining"]) == (1, 1, 0)
    assert await outbox(product, portal_id, "dead") == []
    assert [one["after"]["filter"]["cause"] for one in audited if one["action"] == "outbox.retry_many"] == [
        "ACCESS_DENIED"
    ]


async def test_the_list_and_the_count_agree_on_a_cause(product: Product) -> None:
    portal = await product.portal(users_count=2)
    portal_id = (await product.install(portal, [1]))["complete"]["portal_id"]
    item = await given_up(product, portal, portal_id, "ping")

    shown = {}
    for cause in ("ACCESS_DENIED", "ACCESS", "access_denied", item["cause"].split(":")[0]):
        wanted = {"portal_id": portal_id, "cause": cause}
        found = (await product.admin("/outbox", **wanted))["items"]
        counted = (await product.operate("/outbox/retry", filter=wanted)).json()["matched"]
        shown[cause] = ([one["id"] for one in found], counted)
    file = (await product.admin_answer("/outbox.csv", portal_id=portal_id, cause="ACCESS")).text
    strange = await product.admin_answer("/outbox", cause="\0")

    assert shown["ACCESS_DENIED"] == ([item["id"]], 1)
    assert shown["ACCESS"] == shown["access_denied"] == ([], 0)
    assert len(file.strip().splitlines()) == 1
    assert strange.status_code == 422
