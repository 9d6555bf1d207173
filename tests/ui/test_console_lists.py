"""What every list of the console can do, in a real browser: a choice of columns, and all of it as a file."""

import csv
import io
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.e2e.product import eventually
from tests.ui.staff import Staff
from tests.ui.test_console_operations import judged

LISTS = ("portals", "dialogs", "messages", "outbox", "inbound-events", "audit")


async def lived_in(staff: Staff) -> dict[str, Any]:
    """A portal whose employee asked and got an answer, and which the staff set up again."""
    product = staff.product
    portal = await product.portal(users_count=2)
    portal["portal_id"] = portal_id = (await product.install(portal, [1]))["complete"]["portal_id"]
    (await product.admin_post(f"/portals/{portal_id}/setup")).raise_for_status()
    await product.write(portal, 1, "ping")

    async def is_sent() -> bool:
        items = (await product.admin("/outbox", portal_id=portal_id))["items"]
        return any(one["state"] == "sent" for one in items)

    await eventually(is_sent, what="the reply")
    return portal


async def exported(page: Page) -> tuple[str, list[dict[str, str]]]:
    """Press the button; returns the file's name and its rows."""
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Export CSV").click()
    saved = await download.value
    text = (await saved.path()).read_text(encoding="utf-8-sig")
    return saved.suggested_filename, list(csv.DictReader(io.StringIO(text)))


async def test_every_list_is_a_file_of_what_its_filters_find(staff: Staff) -> None:
    page = staff.page
    portal = await lived_in(staff)
    other = await lived_in(staff)

    for name in LISTS:
        query = f"query={portal['domain']}" if name == "portals" else f"portal_id={portal['portal_id']}"
        await staff.go(f"/{name}?{query}&since=2026-01-01T00:00:00.000Z")
        await expect(page.locator("main table tbody tr").first).to_be_visible()
        saved, rows = await exported(page)
        assert saved == f"{name}.csv"
        assert rows, name
        assert other["portal_id"] not in str(rows), name
        assert all(portal["portal_id"] in (one.get("portal_id"), one["id"]) for one in rows), name


async def test_columns_that_were_hidden_stay_hidden_in_this_browser(staff: Staff) -> None:
    page = staff.page
    await lived_in(staff)
    await staff.open("/messages")
    await page.get_by_role("button", name="Columns").click()
    await page.get_by_role("checkbox", name="Direction").uncheck()
    await page.get_by_role("checkbox", name="Trace").uncheck()

    assert await judged(page, "columns") == []
    await page.keyboard.press("Escape")
    await page.reload()

    await expect(page.get_by_role("columnheader", name="State")).to_be_visible()
    await expect(page.get_by_role("columnheader", name="Direction")).to_have_count(0)
    await expect(page.get_by_role("columnheader", name="Trace")).to_have_count(0)
    await page.get_by_role("button", name="Columns").click()
    await page.get_by_role("checkbox", name="Direction").check()
    await expect(page.get_by_role("columnheader", name="Direction")).to_be_visible()
    kept = await page.evaluate("Object.entries(localStorage).filter(([key]) => key.includes('columns'))")
    assert kept == [["teachbase-hidden-columns-messages", '["trace_id"]']]


async def test_the_last_column_cannot_be_hidden(staff: Staff) -> None:
    page = staff.page
    await page.evaluate(
        """localStorage.setItem("teachbase-hidden-columns-audit",
            '["created_at", "email", "action", "portal_id"]')"""
    )
    await staff.open("/audit")

    await page.get_by_role("button", name="Columns").click()

    await expect(page.get_by_role("checkbox", name="Change")).to_be_disabled()
    await expect(page.get_by_role("columnheader")).to_have_count(1)


async def test_a_file_that_broke_off_is_told_and_not_saved(staff: Staff) -> None:
    page = staff.page
    refused = {"error": "unavailable", "message": "Messaging is away.", "trace_id": "t", "detail": {}}
    await page.route("**/v1/admin/messages.csv*", lambda route: route.fulfill(status=503, json=refused))
    await staff.open("/messages")

    await page.get_by_role("button", name="Export CSV").click()

    await expect(page.get_by_role("alert")).to_be_visible()
    staff.mistakes[:] = [line for line in staff.mistakes if "503" not in line]


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_lists_are_accessible_in_both_languages(staff: Staff, language: str) -> None:
    page = staff.page
    await lived_in(staff)
    if language == "ru":
        await page.get_by_role("button", name="Русский").click()
    found: dict[str, list[str]] = {}

    for name in LISTS:
        await staff.go(f"/{name}")
        await expect(page.locator("main table tbody tr").first).to_be_visible()
        found[name] = await judged(page, f"list-{name}-{language}")

    assert {name: wrong for name, wrong in found.items() if wrong} == {}
