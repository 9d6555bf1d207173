"""The tabs of one portal in the console, in a real browser, against the whole product."""

import pytest
from playwright.async_api import expect

from tests.e2e.product import Product, eventually
from tests.ui.staff import Staff
from tests.ui.test_console_billing import choose, installed
from tests.ui.test_console_operations import judged

TABS = ("access", "knowledge", "settings", "life")


async def uploaded(product: Product, token: str, name: str, body: bytes) -> None:
    """Upload a document as the portal's administrator, and wait until it was looked at."""
    headers = {"authorization": f"Bearer {token}"}
    kb = f"{product.url}/v1/portal/kb"
    sent = await product.http.post(f"{kb}/upload", files={"file": (name, body)}, headers=headers)
    assert sent.status_code == 201, sent.text

    async def was_read() -> bool:
        found = (await product.http.get(f"{kb}/documents/{sent.json()['id']}", headers=headers)).json()
        return found["state"] in {"ready", "failed"}

    await eventually(was_read, what="the document")


async def test_a_document_that_was_not_read_says_why_in_the_consoles_language(staff: Staff) -> None:
    page, product = staff.page, staff.product
    portal = await product.portal(users_count=2)
    begun = (await product.install(portal, [1]))["complete"]
    await uploaded(product, begun["portal_token"], "price.txt", b"A mug costs 300 roubles.")
    await uploaded(product, begun["portal_token"], "broken.pdf", b"%PDF-1.7 broken")
    await staff.open(f"/portals/{begun['portal_id']}?tab=knowledge")

    await expect(page.get_by_role("row").filter(has_text="price.txt")).to_contain_text("ready")
    row = page.get_by_role("row").filter(has_text="broken.pdf")
    await expect(row).to_contain_text("failed")
    await expect(row).to_contain_text("corrupt")
    await choose(page, page.get_by_role("group", name="Filters"), "State", "failed")
    await expect(page.get_by_text("1 row on this page")).to_be_visible()
    assert await judged(page, "portal-documents") == []


async def test_a_question_that_no_document_answers_is_listed_with_why(staff: Staff) -> None:
    page, product = staff.page, staff.product
    portal = await product.portal(users_count=2)
    begun = (await product.install(portal, [1]))["complete"]
    await uploaded(product, begun["portal_token"], "price.txt", b"A mug costs 300 roubles.")
    await product.write(portal, 1, "Where is the nearest swimming pool in Kamchatka?")
    path = f"/portals/{begun['portal_id']}/unsatisfied"

    async def listed() -> bool:
        return bool((await product.admin(path, kind="unanswered"))["items"])

    await eventually(listed, what="the question")
    await staff.open(f"/portals/{begun['portal_id']}?tab=knowledge")

    await page.get_by_text("Unanswered questions").click()
    row = page.get_by_role("row").filter(has_text="Kamchatka")
    await row.get_by_role("button", name="Why this answer").click()

    await expect(page.get_by_role("dialog")).to_contain_text("no document answered")
    assert "list=unanswered" in page.url
    for kind in ("unanswered", "badly_rated"):
        assert (await product.admin(path, kind=kind, until="2026-01-01T00:00:00Z"))["items"] == []
    assert len((await product.admin(path, kind="unanswered", since="2026-01-01T00:00:00Z"))["items"]) == 1
    documents = path.replace("unsatisfied", "documents")
    assert (await product.admin(documents, until="2026-01-01T00:00:00Z"))["items"] == []
    assert len((await product.admin(documents, since="2026-01-01T00:00:00Z"))["items"]) == 1


async def test_a_portals_settings_are_changed_for_its_administrator(staff: Staff) -> None:
    page = staff.page
    _, portal_id = await installed(staff)
    await staff.open(f"/portals/{portal_id}?tab=settings")
    await expect(page.get_by_role("button", name="Save")).to_be_disabled()

    await choose(page, page, "Language", "English")
    await page.get_by_role("button", name="Save").click()

    await expect(page.get_by_text("Saved")).to_be_visible()
    assert (await staff.product.admin(f"/portals/{portal_id}"))["settings"]["language"] == "en"


async def test_the_install_log_tells_of_an_install_a_rename_and_a_removal(staff: Staff) -> None:
    page, product = staff.page, staff.product
    portal = await product.portal(users_count=2)
    portal_id = (await product.install(portal, [1]))["complete"]["portal_id"]
    domain = f"new-{portal['domain']}"
    await product.sim("POST", f"/portals/{portal['member_id']}/rename", domain=domain)
    await product.write(portal, 1, "ping")

    async def renamed() -> bool:
        return bool((await product.admin(f"/portals/{portal_id}"))["domain"] == domain)

    await eventually(renamed, what="the rename")
    await staff.open(f"/portals/{portal_id}?tab=life")

    await expect(page.get_by_role("row").filter(has_text="install finished")).to_contain_text(
        "installing → active"
    )
    await expect(page.get_by_role("row").filter(has_text="renamed")).to_contain_text(
        f"{portal['domain']} → {domain}"
    )
    assert await judged(page, "portal-life") == []


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_the_tabs_of_a_portal_are_accessible_in_both_languages(staff: Staff, language: str) -> None:
    page = staff.page
    _, portal_id = await installed(staff)
    if language == "ru":
        await page.get_by_role("button", name="Русский").click()
    found: dict[str, list[str]] = {}

    for tab in TABS:
        await staff.go(f"/portals/{portal_id}?tab={tab}")
        await expect(page.get_by_role("main").get_by_role("heading").first).to_be_visible()
        found[tab] = await judged(page, f"portal-{tab}-{language}")

    assert {tab: wrong for tab, wrong in found.items() if wrong} == {}
