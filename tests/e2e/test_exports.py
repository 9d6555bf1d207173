"""Lists as files: the rows of the same filter, whoever wrote what in them."""

import csv
import io
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

    async def is_sent() -> bool:
        return any(
            one["state"] == "sent" for one in (await product.admin("/outbox", portal_id=portal_id))["items"]
        )

    await eventually(is_sent, what="the reply")
    query = {"query": portal["domain"]} if name == "portals" else {"portal_id": portal_id}

    rows = await exported(product, name, **query)

    shown = (await product.admin(f"/{name}", limit=200, **query))["items"]
    assert [one["id"] for one in rows] == [one["id"] for one in shown]
    assert rows


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
