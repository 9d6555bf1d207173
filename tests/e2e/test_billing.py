"""Plans and limits as people meet them: in the messenger, at the console and in what is counted."""

import csv
import io
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from tests.e2e.product import Product, eventually


async def call(product: Product, method: str, path: str, **body: Any) -> Any:
    answer = await product.http.request(
        method, f"{product.url}/v1/admin/billing{path}", json=body or None, headers=await product.admin_headers()
    )
    assert answer.status_code in {200, 201}, answer.text
    return answer.json()


async def plan(product: Product, **terms: Any) -> str:
    code = f"e2e-{uuid4().hex[:8]}"
    given = {"name_ru": "Проба", "name_en": "Trial", "price_minor": 99_000, **terms}
    made = await call(product, "POST", "/plans", code=code, **given)
    assert (made["code"], made["version"]) == (code, 1)
    return code


async def installed(product: Product, code: str) -> tuple[dict[str, Any], str]:
    """A portal on a plan, whose employee 2 may ask; 1 is its administrator."""
    portal = await product.portal(users_count=3)
    portal_id: str = (await product.install(portal, [1, 2]))["complete"]["portal_id"]
    await call(product, "PUT", f"/portals/{portal_id}", plan_code=code)
    return portal, portal_id


async def said(product: Product, portal: dict[str, Any], dialog_id: str) -> list[str]:
    return [one["text"] for one in await product.visible(portal, dialog_id) if one["from_bot"]]


async def test_a_limit_is_told_once_a_day_and_the_administrators_hear_of_it_from_the_bot(product: Product) -> None:
    portal, portal_id = await installed(product, await plan(product, limits={"replies_per_month": 2}))

    for number in range(5):
        await product.write(portal, 2, "ping")
        await eventually(partial(_handled, product, portal_id, number + 1), 20, "the question to be handled")

    async def is_said() -> bool:
        return any("limit of answers" in one for one in await said(product, portal, "2"))

    await eventually(is_said, 20, "a word of the limit")
    texts = await said(product, portal, "2")
    assert texts.count("pong") == 2
    assert len([one for one in texts if "limit of answers" in one]) == 1

    async def is_told() -> bool:
        return any("2 из 2 (100 %)" in one for one in await said(product, portal, "1"))

    await eventually(is_told, 60, "a word to the administrator")
    alerts = (await product.admin("/billing/alerts", portal_id=portal_id))["items"]
    assert alerts[0]["threshold"] == 100
    near = (await product.admin("/billing/portals", portal_id=portal_id, near=100))["items"]
    assert [(one["portal_id"], one["used_percent"]) for one in near] == [(portal_id, 100)]


async def test_what_is_counted_opens_the_message_it_paid_for(product: Product) -> None:
    portal, portal_id = await installed(product, await plan(product))
    await product.write(portal, 2, "ping")
    await product.write(portal, 2, "/help")
    await eventually(lambda: _handled(product, portal_id, 2), 20, "both to be handled")

    async def is_counted() -> bool:
        return bool((await product.admin(f"/billing/portals/{portal_id}/events"))["items"])

    await eventually(is_counted, 20, "a counted unit")
    [unit] = (await product.admin(f"/billing/portals/{portal_id}/events"))["items"]
    [message] = (await product.admin("/messages", trace_id=unit["trace_id"], direction="rx"))["items"]
    usage = await product.http.get(
        f"{product.url}/v1/admin/billing/usage.csv",
        params={"portal_id": portal_id},
        headers=await product.admin_headers(),
    )
    rows = list(csv.DictReader(io.StringIO(usage.text)))
    summed = (await product.admin("/billing/usage", group="portal", portal_id=portal_id))["items"]
    taken = (await product.admin("/audit", portal_id=portal_id, action="export.usage"))["items"]
    at = datetime.now(UTC).isoformat()
    statement = await product.admin(f"/billing/portals/{portal_id}/statement", at=at)

    assert (unit["message_id"], message["body"]) == (message["id"], "ping")
    assert [(row["id"], row["metric"], row["channel"]) for row in rows] == [
        (message["id"], "replies_per_month", "messenger")
    ]
    assert [(one["replies"], one["price_minor"]) for one in summed] == [(1, 99_000)]
    assert [one["after"] for one in taken] == [{"filter": {"portal_id": portal_id}}]
    assert {one["name"]: one["used"] for one in statement["limits"]}["replies_per_month"] == 1
    assert (await call(product, "POST", f"/portals/{portal_id}/recount"))["items"] == []


async def test_a_suspended_subscription_answers_nobody_and_says_why(product: Product) -> None:
    portal, portal_id = await installed(product, await plan(product))
    changed = await call(product, "PUT", f"/portals/{portal_id}", suspended=True, reason="не оплачено")
    await product.write(portal, 2, "ping")

    async def is_said() -> bool:
        return any("subscription" in one for one in await said(product, portal, "2"))

    await eventually(is_said, 20, "why nobody answers")
    texts = await said(product, portal, "2")
    resumed = await call(product, "PUT", f"/portals/{portal_id}", suspended=False)

    assert (changed["status"], changed["suspended_reason"]) == ("suspended", "не оплачено")
    assert "pong" not in texts
    assert resumed["status"] == "active"
    audit = (await product.admin("/audit", action="billing.subscription", portal_id=portal_id))["items"]
    assert [one["after"].get("suspended") for one in audit[:2]] == [False, True]


async def test_what_the_marketplace_says_stands_beside_the_subscription(product: Product) -> None:
    portal, portal_id = await installed(product, await plan(product, grace_days=5))
    await product.sim("PATCH", f"/portals/{portal['member_id']}", payment_expired=True)
    hint = {"event": "ONAPPPAYMENT", "auth[member_id]": portal["member_id"], "auth[domain]": portal["domain"]}
    await product.post_event(urlencode(hint).encode())

    async def is_noted() -> bool:
        found = await product.admin(f"/billing/portals/{portal_id}")
        return bool(found["marketplace"] and found["marketplace"]["is_payment_expired"])

    await eventually(is_noted, 30, "the note of the Marketplace")
    assert (await product.admin(f"/billing/portals/{portal_id}"))["status"] == "grace"


async def test_more_employees_than_the_plan_has_places_for_are_refused(product: Product) -> None:
    _, portal_id = await installed(product, await plan(product, limits={"allowed_users": 2}))
    [row] = await product.sql("portal", "SELECT member_id FROM portal.portals WHERE id = $1", portal_id)

    opened = await product.sim("POST", f"/portals/{row['member_id']}/open", user_id=1)
    token = (await product.http.post(f"{product.url}/v1/bitrix/install/complete", data=opened["form"])).json()[
        "portal_token"
    ]
    session = {"authorization": f"Bearer {token}"}
    refused = await product.http.put(
        f"{product.url}/v1/portal/allowed-users", json={"user_ids": [1, 2, 3]}, headers=session
    )
    taken = await product.http.put(
        f"{product.url}/v1/portal/allowed-users", json={"user_ids": [1, 2]}, headers=session
    )

    assert (refused.status_code, refused.json()["error"]) == (409, "allowed_users_limit_reached")
    assert refused.json()["detail"] == {"limit": 2, "wanted": 3}
    assert taken.status_code == 200


async def _handled(product: Product, portal_id: str, count: int) -> bool:
    asked = (await product.admin("/messages", portal_id=portal_id, direction="rx"))["items"]
    return len([one for one in asked if one["state"] in {"answered", "ignored"}]) >= count
