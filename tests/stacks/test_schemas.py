"""Every route of /openapi.json keeps its word, whoever asks and whatever: statuses, shapes, errors; none fails."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e import product as stack
from tests.e2e.product import Product, eventually
from tests.stacks.described import Caller, Described

TIMES = int(os.environ.get("FUZZ_TIMES", "8"))
"""How often a route is asked rightly, and how often wrongly, by who may ask it."""
SEED = int(os.environ.get("FUZZ_SEED", "1"))
STAFF = {"email": "fuzzed@localhost", "role": "viewer", "password": "correct horse battery"}
TEXT = "Суточные\n\nСуточные в командировке по России составляют 700 рублей.\n"


@pytest.fixture
async def product(tmp_path: Path) -> AsyncIterator[Product]:
    """A stack of its own: what is asked of it suspends portals, changes plans and deletes accounts."""
    with stack.running(tmp_path, 20000 + os.getpid() % 100 * 100 + 50) as product:
        async with product.connected():
            yield product


@pytest.mark.timeout(300 + TIMES * 60)
async def test_every_route_answers_as_it_is_described(product: Product) -> None:
    portal = await product.portal(users_count=3)
    installed = (await product.install(portal, [1, 2, 3]))["complete"]
    await product.write(portal, 1, "привет", wait=True)
    known = await _known(product, portal, installed)
    admin = (await product.admin_headers())["authorization"].removeprefix("Bearer ")
    callers = [
        Caller("nobody", "", ""),
        Caller("an owner", admin, "admin"),
        Caller("a portal's administrator", installed["portal_token"], "portal"),
    ]

    found = await asyncio.to_thread(Described(product.url, known, SEED, TIMES).ask, callers)

    # The seed makes it again.
    print(f"seed {SEED}, {found.operations} operations, {found.statuses.total()} requests", found.statuses)  # noqa: T201
    assert found.operations > 120
    assert len(found.welcome) > 90
    assert found.wrong == {}, "\n\n".join(f"{key}\n{found.wrong[key]}" for key in sorted(found.wrong))


async def _known(product: Product, portal: dict[str, Any], installed: dict[str, Any]) -> dict[str, list[Any]]:
    """Make one of everything that has an id, and return the ids."""
    ask = _asking(product, installed["portal_token"])
    portal_id = installed["portal_id"]
    document = await ask("/kb/upload", files={"file": ("правила.txt", TEXT.encode())})
    curated = await ask("/kb/curated", json={"question": "Где офис?", "answer": "В Москве."})
    golden = await ask("/kb/golden", json={"question": "Какие суточные?"})
    account = (await product.admin_post("/users", **STAFF)).json()

    async def sent() -> list[Any]:
        items: list[Any] = (await product.admin("/outbox", portal_id=portal_id, state="sent"))["items"]
        return items

    item = (await eventually(sent, what="the answer"))[0]
    message = (await product.admin("/messages", portal_id=portal_id))["items"][0]
    return {
        "portal_id": [portal_id],
        "member_id": [portal["member_id"]],
        "domain": [portal["domain"]],
        "document_id": [document["id"]],
        "curated_id": [curated["id"]],
        "golden_id": [golden["id"]],
        "user_id": [account["id"]],
        "user_ids": [[1], [1, 2]],
        "selected_user_ids": [[1, 2]],
        "item_id": [item["id"]],
        "dialog_id": [item["dialog_id"]],
        "message_id": [message["id"]],
        "trace_id": [message["trace_id"]],
        "at": [message["created_at"]],
        "since": ["2026-01-01T00:00:00Z"],
        "event_id": [(await product.admin("/inbound-events"))["items"][0]["id"]],
        "code": [(await product.admin("/billing/plans"))["items"][0]["code"]],
        "plan_code": [(await product.admin("/billing/plans"))["items"][0]["code"]],
    }


def _asking(product: Product, token: str) -> Any:
    async def ask(path: str, **what: Any) -> Any:
        headers = {"authorization": f"Bearer {token}"}
        answer: httpx.Response = await product.http.post(f"{product.url}/v1/portal{path}", headers=headers, **what)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return ask
