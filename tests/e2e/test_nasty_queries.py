"""Every list of the console, asked what a broken or hostile client asks: answered or refused, never a fault."""

import asyncio
import base64
from collections import Counter
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from tests.e2e.product import Product

ID = str(uuid4())


def cursor(keys: str) -> str:
    return base64.urlsafe_b64encode(keys.encode()).decode().rstrip("=")


NASTY = {
    "since": [
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "1960-01-01",
        "1969-12-31T23:59:59Z",
        "2099-12-31T23:59:59-14:00",
        "2000-01-01T00:00:00+14:00",
        "2026-01-01",
        "0",
        "1e400",
        "nan",
        "-1",
        "253402300800",
        "\0",
    ],
    "limit": ["0", "-1", "201", "99999999999999999999", "1.5", "\0", ""],
    "cursor": [
        "\0",
        "!!!",
        "%",
        "й",
        "A",
        "AAAA",
        "=" * 512,
        "x" * 513,
        cursor("|"),
        cursor("\0"),
        cursor(ID),
        cursor(f"{ID}|{ID}"),
        cursor(f"0001-01-01T00:00:00+14:00|{ID}"),
        cursor(f"9999-12-31T23:59:59-14:00|{ID}"),
        cursor(f"2026-01-01T00:00:00|{ID}"),
        cursor(f"2026-01-01T00:00:00+00:00|{ID}"),
        cursor("2026-01-01T00:00:00+00:00|\0"),
        cursor(str(int("f" * 32, 16))),
        cursor("00000000-0000-0000-0000-000000000000"),
    ],
    "id": [ID, "\0", "x", "", "00000000000000000000000000000000", "{" + ID + "}"],
    "text": ["\0", "a\0b", "%", "_", "\\", "'", "\ufffd", "х" * 32, "x" * 10_000, ""],
    "number": ["9223372036854775807", "9223372036854775808", "-1", "\0", "1e3"],
}
RAW = ["%ED%A0%80", "%00", "%FF%FE", "%", "&&&==", "%ED%A0%80=%00"]
KIND = {
    "until": "since",
    "portal_id": "id",
    "dialog_id": "id",
    "trace_id": "id",
    "provider_message_id": "number",
}


async def lists(product: Product) -> dict[str, list[str]]:
    """Every GET route of the console with a cursor, with the names of its query parameters."""
    paths: dict[str, Any] = (await product.http.get(f"{product.url}/openapi.json")).json()["paths"]
    found = {}
    for path, methods in paths.items():
        names = [one["name"] for one in methods.get("get", {}).get("parameters", []) if one["in"] == "query"]
        if path.startswith("/v1/admin") and "cursor" in names:
            found[path.removeprefix("/v1/admin")] = names
    return found


@pytest.mark.timeout(240)
async def test_no_list_fails_whatever_it_is_asked(product: Product) -> None:
    portal = await product.portal(users_count=2)
    await product.install(portal, [1])
    dialog_id = await _a_dialog(product)
    faults, codes = [], Counter[int]()

    found = await lists(product)
    asked = [
        f"{path.replace('{dialog_id}', dialog_id)}?{query}"
        for path, names in found.items()
        for query in [
            *(
                f"{name}={quote(value)}"
                for name in names
                for value in NASTY.get(KIND.get(name, name), NASTY["text"])
            ),
            *(f"{name}={raw}" for name in names for raw in RAW),
        ]
    ]
    for start in range(0, len(asked), 16):
        batch = asked[start : start + 16]
        answers = await asyncio.gather(*(product.admin_answer(path) for path in batch))
        codes.update(answer.status_code for answer in answers)
        faults += [
            (path, answer.status_code)
            for path, answer in zip(batch, answers, strict=True)
            if answer.status_code not in {200, 400, 422}
            or (answer.status_code != 200 and set(answer.json()) != {"error", "trace_id", "message", "detail"})
        ]

    assert len(found) >= 6
    assert codes[422] > 100
    assert faults == []


@pytest.mark.parametrize("path", ["/dialogs/%00", "/portals/%ED%A0%80", "/traces/%00", "/outbox/%FF", "/%00"])
async def test_a_path_that_names_nothing_is_refused(product: Product, path: str) -> None:
    answer = await product.admin_answer(path)

    assert answer.status_code in {400, 404, 422}


async def test_a_dialogs_messages_are_filtered_by_portal_and_trace(product: Product) -> None:
    dialog_id = await _a_dialog(product)
    [message] = (await product.admin(f"/dialogs/{dialog_id}/messages", limit=1))["items"]

    path = f"/dialogs/{dialog_id}/messages"
    of_trace = await product.admin(path, trace_id=message["trace_id"], portal_id=message["portal_id"])
    of_another_trace = await product.admin(path, trace_id="0" * 32)
    of_another_portal = await product.admin(path, portal_id=ID)

    assert message["id"] in [one["id"] for one in of_trace["items"]]
    assert {one["trace_id"] for one in of_trace["items"]} == {message["trace_id"]}
    assert (of_another_trace["items"], of_another_portal["items"]) == ([], [])


async def _a_dialog(product: Product) -> str:
    portal = await product.portal(users_count=2)
    await product.install(portal, [1])
    await product.write(portal, 1, "привет", wait=True)
    [found] = (await product.admin("/portals", query=portal["member_id"]))["items"]
    while True:
        if dialogs := (await product.admin("/dialogs", portal_id=found["id"]))["items"]:
            return str(dialogs[0]["id"])
        await asyncio.sleep(0.1)
