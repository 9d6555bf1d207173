"""Lists as files: the rows of the same filter, whoever wrote what in them."""

import csv
import io
import json
import uuid
from typing import Any

import pytest

from tests.e2e.product import Product, eventually

LISTS = ("portals", "dialogs", "messages", "outbox", "inbound-events", "audit")


async def exported(product: Product, name: str, **query: Any) -> list[dict[str, str]]:
    answer = await product.admin_answer(f"/{name}.csv", **query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("name", LISTS)
async def test_a_file_holds_what_its_list_holds(product: Product, name: str) -> None:
    portal = await product.portal(users_count=2)
    portal_id = (await product.install(portal, [1]))["complete"]["portal_id"]
    (await product.admin_post(f"/portals/{portal_id}/setup")).raise_for_status()
    await product.write(portal, 1, "ping")

    async def are_sent() -> bool:
        items = (await product.admin("/outbox", portal_id=portal_id))["items"]
        return [one["state"] for one in items] == ["sent", "sent"]

    await eventually(are_sent, what="the welcome and the reply")
    query = {"query": portal["domain"]} if name == "portals" else {"portal_id": portal_id}

    rows = await exported(product, name, **query)

    shown = (await product.admin(f"/{name}", limit=200, **query))["items"]
    assert [one["id"] for one in rows] == [one["id"] for one in shown]
    assert rows


OF_A_PORTAL = ("documents", "unsatisfied", "life")


@pytest.mark.parametrize("name", OF_A_PORTAL)
async def test_a_portals_own_list_leaves_as_a_file_too(product: Product, name: str) -> None:
    portal = await product.portal(users_count=2)
    installed = (await product.install(portal, [1]))["complete"]
    portal_id, headers = installed["portal_id"], {"authorization": f"Bearer {installed['portal_token']}"}
    file = {"file": ("Отпуск.txt", "Отпуск длится 28 дней.".encode())}
    upload = await product.http.post(f"{product.url}/v1/portal/kb/upload", files=file, headers=headers)
    upload.raise_for_status()

    async def is_read() -> bool:
        [document] = (await product.admin(f"/portals/{portal_id}/documents"))["items"]
        return bool(document["state"] == "ready")

    await eventually(is_read, what="the document")
    await product.write(portal, 1, "Где припарковать звездолёт на Марсе?")

    async def is_there() -> bool:
        return bool((await product.admin(f"/portals/{portal_id}/{name}"))["items"])

    await eventually(is_there, what=name)

    rows = await exported(product, f"portals/{portal_id}/{name}")

    shown = (await product.admin(f"/portals/{portal_id}/{name}", limit=200))["items"]
    assert [one["id"] for one in rows] == [one["id"] for one in shown]
    [taken] = (await product.admin("/audit", portal_id=portal_id, action=f"export.{name}"))["items"]
    assert taken["after"]["filter"]["portal_id"] == portal_id


async def test_employees_leave_as_a_file_those_who_may_ask_or_all(product: Product) -> None:
    portal = await product.portal(users_count=120)
    portal_id = (await product.install(portal, list(range(1, 61))))["complete"]["portal_id"]

    chosen = await exported(product, f"portals/{portal_id}/employees", allowed=True)
    everybody = await exported(product, f"portals/{portal_id}/employees")

    assert {(int(one["id"]), one["allowed"]) for one in chosen} == {(number, "true") for number in range(1, 61)}
    assert sorted(int(one["id"]) for one in everybody) == list(range(1, 121))
    assert all(one["last_name"] for one in everybody)
    taken = (await product.admin("/audit", portal_id=portal_id, action="export.employees"))["items"]
    assert [one["after"]["filter"]["allowed"] for one in taken] == [False, True]


async def test_bills_and_accounts_leave_as_files(product: Product) -> None:
    portal = await product.portal(users_count=2)
    portal_id = (await product.install(portal, [1]))["complete"]["portal_id"]
    await product.write(portal, 1, "Где припарковать звездолёт на Марсе?")
    await product.write(portal, 1, "ping")

    async def is_counted() -> bool:
        active = await exported(product, "billing/activity")
        return portal_id in {one["portal_id"] for one in active}

    await eventually(is_counted, what="the reply, counted")

    subscriptions = await exported(product, "billing/portals", portal_id=portal_id)
    activity = await exported(product, "billing/activity")
    accounts = await exported(product, "users", query="admin@localhost")
    alerts = await exported(product, "billing/alerts", portal_id=portal_id)

    assert [(one["portal_id"], one["status"]) for one in subscriptions] == [(portal_id, "active")]
    used = {one["name"]: one["used"] for one in json.loads(subscriptions[0]["limits"])}
    assert used["replies_per_month"] == 1
    mine = next(one for one in activity if one["portal_id"] == portal_id)
    assert (mine["active_days"], sum(json.loads(mine["replies"]))) == ("1", 1)
    assert [one["email"] for one in accounts] == ["admin@localhost"]
    assert alerts == []
    for name in ("subscriptions", "activity", "users", "limit_alerts"):
        assert (await product.admin("/audit", action=f"export.{name}"))["items"]


async def test_a_file_about_a_portal_that_nobody_knows_is_written_down_without_one(product: Product) -> None:
    unknown = str(uuid.uuid4())

    assert await exported(product, "messages", portal_id=unknown) == []

    entry = (await product.admin("/audit", action="export.messages"))["items"][0]
    assert (entry["portal_id"], entry["after"]) == (None, {"filter": {"portal_id": unknown}})


async def test_lines_of_logs_leave_as_a_file(product: Product) -> None:
    portal = await product.portal(users_count=2)
    portal_id = (await product.install(portal, [1]))["complete"]["portal_id"]

    async def lines() -> Any:
        return (await product.admin("/logs/backend", portal_id=portal_id, limit=200))["items"]

    await eventually(lines, what="a line about the portal")
    rows = await exported(product, "logs/backend", portal_id=portal_id)

    assert {(one["at"], one["event"]) for one in rows} >= {(one["at"], one["event"]) for one in await lines()}
    assert {one["portal_id"] for one in rows} == {portal_id}
    [taken] = (await product.admin("/audit", portal_id=portal_id, action="export.logs"))["items"]
    assert taken["after"] == {"filter": {"stream": "backend", "portal_id": portal_id}}


async def test_who_takes_a_file_is_written_down_with_its_filters(product: Product) -> None:
    portal = await product.portal(users_count=2)
    portal_id = (await product.install(portal, [1]))["complete"]["portal_id"]

    for name in LISTS:
        query = {"query": portal["domain"]} if name == "portals" else {"portal_id": portal_id}
        await exported(product, name, **query, since="2026-01-01T00:00:00Z")
    await exported(product, "outbox", portal_id=portal_id, state="dead", cause="ACCESS_DENIED")
    await exported(product, "portals", query=portal["domain"], status="active", health="ok")

    of_portal = (await product.admin("/audit", portal_id=portal_id, limit=200))["items"]
    of_all = (await product.admin("/audit", action="export.portals"))["items"]
    taken = [one for one in of_portal if one["action"].startswith("export.")]
    since = {"since": "2026-01-01T00:00:00Z"}
    dead = {"portal_id": portal_id, "state": "dead", "cause": "ACCESS_DENIED"}
    assert taken[0]["action"] == "export.outbox"
    assert taken[0]["after"] == {"filter": dead}
    actions = {one["action"] for one in taken[1:]}
    assert actions == {f"export.{name.replace('-', '_')}" for name in LISTS if name != "portals"}
    assert all(one["after"] == {"filter": {"portal_id": portal_id, **since}} for one in taken[1:])
    assert {one["email"] for one in taken} == {"admin@localhost"}
    assert of_all[0]["after"] == {"filter": {"query": portal["domain"], "state": "active", "health": "ok"}}
    assert of_all[1]["after"] == {"filter": {"query": portal["domain"], **since}}


async def test_a_list_that_is_looked_at_or_refused_leaves_no_entry(product: Product) -> None:
    portal_id = (await product.install(await product.portal(), [1]))["complete"]["portal_id"]
    before = (await product.admin("/audit", portal_id=portal_id))["items"]

    await product.admin("/messages", portal_id=portal_id)
    refused = await product.admin_answer("/messages.csv", portal_id=portal_id, state="nonsense")

    assert refused.status_code == 422
    assert (await product.admin("/audit", portal_id=portal_id))["items"] == before


async def test_what_an_employee_writes_is_no_formula_of_the_reader(product: Product) -> None:
    portal = await product.portal(users_count=2)
    portal_id = (await product.install(portal, [1]))["complete"]["portal_id"]
    await product.write(portal, 1, '=HYPERLINK("http://elsewhere.test", "Открыть")')

    async def is_stored() -> bool:
        return bool((await product.admin("/messages", portal_id=portal_id, direction="rx"))["items"])

    await eventually(is_stored, what="the message")
    rows = await exported(product, "messages", portal_id=portal_id, direction="rx")

    assert [one["body"] for one in rows] == ['\'=HYPERLINK("http://elsewhere.test", "Открыть")']


async def test_a_strange_filter_is_refused_as_by_the_list(product: Product) -> None:
    answers = [
        await product.admin_answer("/messages.csv", state="nonsense"),
        await product.admin_answer("/audit.csv", since="yesterday"),
    ]

    assert [(one.status_code, one.json()["error"]) for one in answers] == [(422, "validation_failed")] * 2
