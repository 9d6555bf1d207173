"""Who may talk to the bot, seen and changed in the console, in a real browser, against the whole product."""

import uuid
from typing import Any

from playwright.async_api import expect

from tests.e2e.product import Product
from tests.ui.staff import FIRST, Staff
from tests.ui.test_console_billing import choose
from tests.ui.test_console_operations import judged

PEOPLE = [
    {"id": 1, "name": "Anna", "last_name": "First", "admin": True},
    {"id": 2, "name": "Boris", "last_name": "Second"},
    {"id": 3, "name": "Clara", "last_name": "Third"},
]


async def inhabited(product: Product) -> str:
    """Install the app for Anna alone, on a portal where others work too; returns its id."""
    portal = await product.portal(users=PEOPLE)
    portal_id: str = (await product.install(portal, [1]))["complete"]["portal_id"]
    return portal_id


async def access(product: Product, portal_id: str) -> tuple[str, list[int], list[int]]:
    """Who may talk to the bot, as the API tells it."""
    told = (await product.admin(f"/portals/{portal_id}"))["access"]
    return told["mode"], told["user_ids"], told["department_ids"]


async def chosen_elsewhere(product: Product, portal_id: str, **access: Any) -> None:
    """Choose who may talk to the bot by the API, as a colleague at another browser does."""
    url, headers = f"{product.url}/v1/admin/portals/{portal_id}", await product.admin_headers()
    answer = await product.http.patch(url, json={"access": access}, headers=headers)
    assert answer.status_code == 200, answer.text


async def test_who_may_talk_to_the_bot_is_told_by_name(staff: Staff) -> None:
    page = staff.page
    portal_id = await inhabited(staff.product)
    await staff.open(f"/portals/{portal_id}?tab=access")

    await expect(page.get_by_role("row").filter(has_text="First Anna")).to_contain_text("may talk")
    await expect(page.get_by_role("row").filter(has_text="Second Boris")).to_have_count(0)
    await choose(page, page.get_by_role("group", name="Filters"), "Who", "everybody")

    await expect(page.get_by_role("row").filter(has_text="Second Boris")).to_contain_text("may not")
    assert "people=all" in page.url


async def test_an_employee_is_let_in_or_shut_out_by_their_row(staff: Staff) -> None:
    page, product = staff.page, staff.product
    portal_id = await inhabited(product)
    await staff.open(f"/portals/{portal_id}?tab=access&people=all")
    card = page.get_by_role("region", name="Who may talk to the bot")
    await expect(card).to_contain_text("Employees chosen1")
    await chosen_elsewhere(product, portal_id, user_ids=[1, 3])

    await page.get_by_role("switch", name="Second Boris may talk").press("Space")
    await expect(page.get_by_text("Second Boris may talk to the bot now.")).to_be_visible()
    await expect(card).to_contain_text("Employees chosen3")
    assert await access(product, portal_id) == ("list", [1, 2, 3], [])
    anna = page.get_by_role("row").filter(has_text="First Anna")
    await anna.locator(".mantine-Switch-track").click()
    await expect(page.get_by_text("First Anna may not talk to the bot any more.")).to_be_visible()

    await expect(anna).to_contain_text("may not")
    await expect(page.get_by_role("switch", name="First Anna may talk")).not_to_be_checked()
    assert await access(product, portal_id) == ("list", [2, 3], [])
    told = (await product.admin("/audit", portal_id=portal_id, action="portal.access"))["items"]
    assert [(one["email"] == staff.email, one["after"]["user_ids"]) for one in told] == [
        (True, [2, 3]),
        (True, [1, 2, 3]),
        (False, [1, 3]),
    ]


async def test_whoever_shuts_out_the_last_employee_reads_what_it_means(staff: Staff) -> None:
    page, product = staff.page, staff.product
    portal_id = await inhabited(product)
    await staff.open(f"/portals/{portal_id}?tab=access")

    await page.get_by_role("switch", name="First Anna may talk").press("Space")

    await expect(page.get_by_text("Nobody is chosen: the bot answers no one.")).to_be_visible()
    await expect(page.get_by_role("row").filter(has_text="First Anna")).to_have_count(0)
    assert await access(product, portal_id) == ("list", [], [])
    await expect(page.locator(".mantine-datatable-empty-state")).to_have_css("opacity", "1")  # it fades in
    assert await judged(page, "portal-access-nobody") == []


async def test_a_row_does_not_undo_another_way_of_deciding(staff: Staff) -> None:
    page, product = staff.page, staff.product
    portal_id = await inhabited(product)
    await staff.open(f"/portals/{portal_id}?tab=access&people=all")
    boris = page.get_by_role("switch", name="Second Boris may talk")
    await expect(boris).not_to_be_checked()
    await chosen_elsewhere(product, portal_id, mode="all", user_ids=[1])

    await boris.press("Space")

    await expect(page.get_by_text("Somebody has just chosen another way")).to_be_visible()
    await expect(page.get_by_role("combobox", name="Decided by")).to_have_value("everybody")
    await expect(page.get_by_role("switch")).to_have_count(0)
    assert await access(product, portal_id) == ("all", [1], [])


async def test_a_change_that_is_refused_says_why_and_the_row_stays_as_it_was(staff: Staff) -> None:
    page, product = staff.page, staff.product
    portal_id = await inhabited(product)
    await staff.open(f"/portals/{portal_id}?tab=access&people=all")
    boris = page.get_by_role("switch", name="Second Boris may talk")
    await expect(boris).not_to_be_checked()
    url, headers = f"{product.url}/v1/admin/portals/{portal_id}", await product.admin_headers()
    (await product.http.delete(url, headers=headers)).raise_for_status()

    await boris.press("Space")

    await expect(page.get_by_role("alert")).to_contain_text("The app is not installed on portal")
    await expect(boris).not_to_be_checked()
    staff.mistakes[:] = [line for line in staff.mistakes if "409" not in line]


async def test_departments_decide_and_then_the_chosen_employees_again(staff: Staff) -> None:
    page, product = staff.page, staff.product
    portal_id = await inhabited(product)
    departments = (await product.admin(f"/portals/{portal_id}/departments"))["items"]
    sales = next(one for one in departments if one["parent_id"])
    await staff.open(f"/portals/{portal_id}?tab=access")
    save = page.get_by_role("button", name="Save")
    await expect(save).to_be_disabled()

    await choose(page, page, "Decided by", "departments")
    await expect(save).to_be_disabled()
    await choose(page, page, "Departments", sales["name"])
    assert await judged(page, "portal-access-choosing") == []
    await page.keyboard.press("Escape")
    await save.click()

    await expect(page.get_by_text("Saved")).to_be_visible()
    await expect(page.get_by_role("switch")).to_have_count(0)
    assert await access(product, portal_id) == ("departments", [1], [sales["id"]])
    await choose(page, page, "Decided by", "chosen employees")
    await save.click()
    await expect(page.get_by_role("switch", name="First Anna may talk")).to_be_checked()
    assert await access(product, portal_id) == ("list", [1], [sales["id"]])


async def test_who_only_reads_sees_who_may_talk_and_changes_nothing(staff: Staff) -> None:
    page, product = staff.page, staff.product
    portal_id = await inhabited(product)
    email = f"{uuid.uuid4().hex[:10]}@teachbase.test"
    made = await product.operate("/users", email=email, role="viewer", password=FIRST)
    assert made.status_code == 201, made.text
    viewer = Staff(product, page, email)
    await viewer.leave()
    await viewer.choose_own_password()

    await viewer.go(f"/portals/{portal_id}?tab=access")

    card = page.get_by_role("region", name="Who may talk to the bot")
    await expect(card).to_contain_text("Decided bychosen employees")
    await expect(page.get_by_role("row").filter(has_text="First Anna")).to_contain_text("may talk")
    await expect(card.get_by_role("combobox")).to_have_count(0)
    await expect(card.get_by_role("button")).to_have_count(0)
    await expect(page.get_by_role("switch")).to_have_count(0)
    await viewer.leave()
