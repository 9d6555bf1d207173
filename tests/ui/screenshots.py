"""`make screenshots`: every page of both apps as a picture in docs/screenshots, of a product used a little.

No test by its name: pytest runs it when it is asked to.
"""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.e2e.product import Product, eventually
from tests.e2e.test_dead_letters import given_up
from tests.ui.staff import Staff
from tests.ui.test_console_billing import installed, plan_made, used
from tests.ui.test_knowledge import QUESTION, RULES, ask, row, text_file
from tests.ui.test_knowledge import choose as upload
from tests.ui.visit import Visit, Visitors

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
BILLING = ("portals", "plans", "usage", "alerts", "activity", "prices")
CONSOLE = {
    "portals": "/portals",
    "outbox": "/outbox",
    "dialogs": "/dialogs",
    "messages": "/messages",
    "inbound-events": "/inbound-events",
    "inbound-storage": "/inbound-events?tab=storage",
    "queues": "/queues",
    "logs": "/logs",
    "spool": "/spool",
    "answers": "/answers",
    "audit": "/audit",
    "admins": "/admins",
    **{
        f"billing-{tab}": f"/billing?tab={tab}"
        for tab in ("portals", "plans", "usage", "alerts", "activity", "prices")
    },
}
TABS = [
    "overview",
    "access",
    "dialogs",
    "knowledge",
    "outbox",
    "billing",
    "life",
    "diagnostics",
    "settings",
    "audit",
    "danger",
]


async def used_portal(product: Product) -> tuple[dict[str, Any], str, str]:
    """A portal with a document, answered questions and a dead letter; returns it, its id and its token."""
    portal = await product.portal(users_count=6)
    done = (await product.install(portal, [1, 2, 3]))["complete"]
    headers = {"authorization": f"Bearer {done['portal_token']}"}
    files, kb = {"file": ("Отпуска и командировки.md", RULES.encode())}, f"{product.url}/v1/portal/kb"
    made = await product.http.post(f"{kb}/upload", files=files, headers=headers)

    async def was_read() -> bool:
        found = await product.http.get(f"{kb}/documents/{made.json()['id']}", headers=headers)
        return bool(found.json()["state"] == "ready")

    await eventually(was_read, 30, "the document")
    for user_id in (2, 3):
        await product.write(portal, user_id, QUESTION)
    await product.write(portal, 2, "кто выиграл чемпионат мира?")

    async def answered() -> bool:
        return len([one for one in await product.visible(portal, "2") if one["from_bot"]]) >= 2

    await eventually(answered, 30, "the answers")
    await given_up(product, portal, done["portal_id"], "ping")
    return portal, done["portal_id"], done["portal_token"]


async def shoot(staff: Staff, name: str, path: str) -> None:
    """Take a picture of a page of the console, when what it shows has come."""
    await staff.go(path)
    await staff.page.wait_for_timeout(600)  # what is asked again comes too
    await expect(staff.page.get_by_role("main").get_by_role("heading").first).to_be_visible()
    await staff.page.screenshot(path=FOLDER / f"console-{name}.png")


async def test_the_console(staff: Staff) -> None:
    product = staff.product
    _, portal_id, _ = await used_portal(product)
    _, busy_id = await installed(staff)
    await used(staff, busy_id)
    await plan_made(staff, limits={"replies_per_month": 1000}, trial_days=14)
    trace_id = (await product.admin("/messages", portal_id=portal_id, direction="tx"))["items"][0]["trace_id"]
    dialog_id = (await product.admin("/dialogs", portal_id=portal_id))["items"][0]["id"]
    dead = (await product.admin("/outbox", portal_id=portal_id, state="dead"))["items"][0]["id"]
    await staff.page.get_by_role("button", name="Русский").click()
    for name, path in CONSOLE.items():
        await shoot(staff, name, path)
    for tab in TABS:
        await shoot(staff, f"portal-{tab}", f"/portals/{busy_id if tab == 'billing' else portal_id}?tab={tab}")
    await shoot(staff, "trace", f"/traces/{trace_id}")
    await shoot(staff, "dialog", f"/dialogs/{dialog_id}?portal_id={portal_id}")
    await shoot(staff, "outbox-item", f"/outbox/{dead}")


async def test_the_messenger(staff: Staff) -> None:
    portal, _, _ = await used_portal(staff.product)
    page = await staff.page.context.new_page()
    await page.set_viewport_size({"width": 1280, "height": 800})
    await page.goto(f"{staff.product.sim_url}/?portal={portal['member_id']}&user=2")
    await expect(page.get_by_text("28 календарных дней").first).to_be_visible()
    await page.screenshot(path=FOLDER / "messenger.png")
    await page.close()


async def photographed(visit: Visit, name: str) -> None:
    """Take a picture of the app without what is around it."""
    await asyncio.sleep(1.5)  # it fits its frame to what it shows
    await visit.page.locator("#frame").screenshot(path=FOLDER / f"portal-{name}.png")


async def test_the_portal_app(guests: Visitors, running: Product) -> None:
    async with running.connected():
        portal = await guests.sim.portal(users_count=12)
        visit = await guests.open(portal)
        await visit.page.set_viewport_size({"width": 1280, "height": 2600})
        await visit.app.get_by_role("button", name="Выбрать всех").click()
        await photographed(visit, "install-people")
        await visit.app.get_by_role("button", name="Далее").click()
        await upload(visit, text_file("Отпуска и командировки.md", RULES))
        await expect(row(visit, "Отпуска и командировки.md")).to_contain_text("Готов")
        await ask(visit, QUESTION)
        await expect(visit.app.get_by_text("28 календарных дней").first).to_be_visible()
        await photographed(visit, "install-knowledge")
        await visit.app.get_by_role("button", name="Завершить настройку").click()
        await expect(visit.app.get_by_role("heading", name="Бот работает")).to_be_visible(timeout=30_000)
        await ask(visit, QUESTION)
        await photographed(visit, "main")
        for user_id, width in ((2, 1280), (2, 390)):
            employee = await guests.open(portal, user_id, width=width)
            await photographed(employee, "employee" if width > 400 else "employee-mobile")


@pytest.fixture(autouse=True)
def folder() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
