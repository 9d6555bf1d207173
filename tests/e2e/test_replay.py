"""An operator replays what was refused: shown first, answered once, written down."""

from typing import Any

import httpx

from tests.e2e.product import Product, eventually

MESSAGE = "ONIMBOTV2MESSAGEADD"
NOBODY = "00000000-0000-4000-8000-000000000001"


async def refused_once(product: Product, portal: dict[str, Any], portal_id: str, said: str) -> dict[str, Any]:
    """A message that came while messaging did not know its portal, and that no second look takes in."""

    async def followed() -> bool:
        [newest] = await product.sql(
            "portal", "SELECT max(id) AS id FROM portal_changes WHERE portal_id = $1", portal_id
        )
        [taken] = await product.sql("messaging", "SELECT cursor FROM feed_cursors WHERE feed = 'portals'")
        return bool(taken["cursor"] >= newest["id"])

    await eventually(followed, what="the news of the install")  # each of them begins a second look
    await product.sql("messaging", "DELETE FROM second_looks WHERE portal_id = $1", portal_id)
    await product.sql("messaging", "UPDATE portals SET member_id = 'x' || member_id WHERE id = $1", portal_id)
    try:
        await product.write(portal, 1, said)

        async def refused() -> Any:
            found = await product.sql(
                "messaging",
                "SELECT id FROM bitrix_inbound_events WHERE member_id = $1 AND event = $2 AND outcome = 'refused'",
                portal["member_id"],
                MESSAGE,
            )
            return found[0]["id"] if found else None

        event_id = await eventually(refused, what="the refusal")
        detail: dict[str, Any] = await product.admin(f"/inbound-events/{event_id}")
    finally:
        await product.sql(
            "messaging", "UPDATE portals SET member_id = $2 WHERE id = $1", portal_id, portal["member_id"]
        )
    return detail


async def replay(product: Product, event_id: str, **body: Any) -> httpx.Response:
    return await product.operate(f"/inbound-events/{event_id}/replay", **body)


async def replies(product: Product, portal: dict[str, Any]) -> list[str]:
    return [one["text"] for one in await product.visible(portal, "1") if one["from_bot"]]


async def test_a_refused_message_is_replayed_and_answered_once(product: Product) -> None:
    portal = await product.portal(users_count=2)
    portal_id = (await product.install(portal, [1]))["complete"]["portal_id"]
    event = await refused_once(product, portal, portal_id, "ping")
    before = await replies(product, portal)

    looked = (await replay(product, event["id"])).json()
    done = (await replay(product, event["id"], dry_run=False)).json()

    async def answered() -> bool:
        return "pong" in await replies(product, portal)

    await eventually(answered, what="the answer")
    again = (await replay(product, event["id"], dry_run=False)).json()
    later = await product.write(portal, 1, "/help")

    async def helped() -> bool:
        return any(one["from_bot"] and one["id"] > later for one in await product.visible(portal, "1"))

    await eventually(helped, what="the answer to what came after")
    assert "pong" not in before
    assert (event["outcome"], event["reason"]) == ("refused", "unknown_portal")
    assert looked["dry_run"]
    assert looked["old"] == {"outcome": "refused", "reason": "unknown_portal"}
    assert looked["new"] == {"outcome": "accepted", "reason": None}
    assert looked["would"]["answers"]
    assert looked["would"]["portal_id"] == portal_id
    assert not done["dry_run"]
    assert done["new"] == looked["new"]
    assert again["new"] == {"outcome": "duplicate", "reason": "taken_in_before"}
    assert (await replies(product, portal)).count("pong") == 1
    log = (await product.admin("/audit", action="blackbox.replay", portal_id=portal_id))["items"]
    assert [(one["before"]["outcome"], one["after"]["outcome"]) for one in log] == [
        ("accepted", "duplicate"),
        ("refused", "accepted"),
    ]
    assert log[0]["email"] == "admin@localhost"


async def test_an_answered_message_is_a_duplicate(product: Product) -> None:
    portal = await product.portal(users_count=2)
    portal_id = (await product.install(portal, [1]))["complete"]["portal_id"]
    asked = await product.write(portal, 1, "ping")

    async def answered() -> bool:
        return "pong" in await replies(product, portal)

    await eventually(answered, what="the answer")
    query = {"portal_id": portal_id, "provider_message_id": asked}
    trace_id = (await product.admin("/messages", **query))["items"][0]["trace_id"]
    event = (await product.admin("/inbound-events", trace_id=trace_id))["items"][0]

    looked = (await replay(product, event["id"])).json()
    done = (await replay(product, event["id"], dry_run=False)).json()

    assert looked["new"]["outcome"] == done["new"]["outcome"] == "duplicate"
    assert looked["would"]["judged"] == {"outcome": "accepted", "reason": None}
    assert not done["would"]["answers"]
    assert (await replies(product, portal)).count("pong") == 1


async def test_many_are_counted_and_then_replayed(product: Product) -> None:
    portal = await product.portal(users_count=2)
    portal_id = (await product.install(portal, [1]))["complete"]["portal_id"]
    event = await refused_once(product, portal, portal_id, "ping")
    wanted = {"domain": portal["domain"], "event": MESSAGE, "outcome": "refused", "since": event["created_at"]}

    counted = (await product.operate("/inbound-events/replay", filter=wanted)).json()
    done = (await product.operate("/inbound-events/replay", filter=wanted, dry_run=False)).json()

    async def answered() -> bool:
        return "pong" in await replies(product, portal)

    await eventually(answered, what="the answer")
    left = (await product.operate("/inbound-events/replay", filter=wanted)).json()
    assert (counted["dry_run"], counted["matched"], counted["replayed"]) == (True, 1, 0)
    assert (done["replayed"], done["outcomes"], done["next_cursor"]) == (1, {"accepted": 1}, None)
    assert left["matched"] == 0


async def test_what_cannot_be_replayed_is_refused(product: Product) -> None:
    missing = await replay(product, NOBODY)
    unnamed = await product.operate("/inbound-events/replay", filter={"outcome": "lost"})
    without = await product.operate("/inbound-events/replay")

    assert (missing.status_code, missing.json()["error"]) == (404, "inbound_event_not_found")
    assert [unnamed.status_code, without.status_code] == [422, 422]
