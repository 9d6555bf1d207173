"""What the console changes of a portal's subscription, and who may."""

import re
import uuid
from datetime import UTC, datetime, timedelta

from playwright.async_api import expect

from tests.e2e.product import eventually
from tests.ui.staff import FIRST, Staff
from tests.ui.test_console_billing import choose, installed, moved, plan_made, used

ACTIONS = ("Change the plan", "Own limits", "Paid until", "Suspend", "New plan", "New version", "New price")


async def test_a_change_waits_for_the_next_period(staff: Staff) -> None:
    page = staff.page
    _, portal_id = await installed(staff)
    now, later = await plan_made(staff), await plan_made(staff)
    await moved(staff, portal_id, plan_code=now)
    await staff.open(f"/portals/{portal_id}?tab=billing")
    form = page.get_by_role("dialog")

    await page.get_by_role("button", name="Change the plan").click()
    await choose(page, form, "Plan", f"Plan {later}, version 1")
    await choose(page, form, "When", "With the next period")
    await form.get_by_role("button", name="Change the plan").click()

    card = page.get_by_role("region", name="Subscription")
    await expect(card).to_contain_text(later)
    await expect(card).to_contain_text(f"Plan {now}, version 1")
    detail = await staff.product.admin(f"/billing/portals/{portal_id}")
    assert (detail["plan"]["code"], detail["next_plan_code"]) == (now, later)
    assert detail["next_plan_at"] == detail["period"]["to"]


async def test_until_when_is_paid_is_set(staff: Staff) -> None:
    page = staff.page
    _, portal_id = await installed(staff)
    await moved(staff, portal_id, plan_code=await plan_made(staff, grace_days=3))
    await staff.open(f"/portals/{portal_id}?tab=billing")

    await page.get_by_role("button", name="Paid until").click()
    form = page.get_by_role("dialog")
    await form.get_by_role("button", name="Paid until").first.click()
    await page.get_by_role("button", name="Next month").click()
    await page.locator("td button").filter(has_text=re.compile("^15$")).click()
    await page.get_by_role("button", name="Done").click()
    await form.get_by_role("button", name="Paid until", exact=True).last.click()
    await expect(form).to_be_hidden()

    paid: str = (await staff.product.admin(f"/billing/portals/{portal_id}"))["paid_until"]
    until = datetime.fromisoformat(paid)
    assert (until.day, until > datetime.now(UTC)) == (15, True)
    await expect(page.get_by_role("region", name="Subscription")).to_contain_text(f"Paid until{until.month}/15/")


async def test_a_month_that_is_over_has_a_statement_and_days_are_chosen(staff: Staff) -> None:
    page = staff.page
    _, portal_id = await installed(staff)
    await used(staff, portal_id)
    await staff.open(f"/portals/{portal_id}?tab=billing")
    statement = page.get_by_role("region", name="Statement")
    begins = datetime.now(UTC).replace(day=1) - timedelta(days=1)

    await statement.get_by_role("button", name="Month").click()
    if begins.year != datetime.now(UTC).year:
        await page.get_by_role("button", name="Previous").click()
    await page.get_by_role("button", name=f"{begins:%b}", exact=True).click()
    await expect(statement).to_contain_text(f"{begins.month}/1/{begins:%y}")

    await staff.go("/billing?tab=usage")
    today = datetime.now(UTC)
    await page.get_by_role("button", name="Days").click()
    for _ in range(2):  # the first and the last day are one
        await page.locator("td button:not([data-outside])").filter(has_text=re.compile(f"^{today.day}$")).click()
    await expect(page).to_have_url(re.compile(f"since={today:%Y-%m-%d}.*until={today:%Y-%m-%d}"))
    shown = page.get_by_role("region", name="Usage by portal").or_(page.get_by_role("table"))
    await expect(shown.first).to_contain_text("7")


async def test_a_drift_is_shown_and_mended(staff: Staff) -> None:
    page = staff.page
    domain, portal_id = await installed(staff)
    await used(staff, portal_id)
    await staff.open("/billing")
    drifts = page.get_by_role("alert").filter(has_text="Counters that are not what their events add up to")
    of_portal = drifts.get_by_role("link", name=domain).locator("xpath=..")
    await expect(of_portal).to_contain_text("Answers: counter 9, events 10")

    await of_portal.get_by_role("button", name="Count anew").click()
    await page.get_by_role("dialog").get_by_role("button", name="Count anew").click()

    async def is_right() -> bool:
        found = (await staff.product.admin("/billing/drifts"))["items"]
        return portal_id not in {one["portal_id"] for one in found}

    await eventually(is_right, what="the mended counter")
    told = (await staff.product.admin("/audit", portal_id=portal_id))["items"]
    assert "recount" in str(told)


async def test_who_only_reads_sees_everything_and_changes_nothing(staff: Staff) -> None:
    _, portal_id = await installed(staff)
    await used(staff, portal_id)
    email = f"{uuid.uuid4().hex[:10]}@teachbase.test"
    made = await staff.product.operate("/users", email=email, role="viewer", password=FIRST)
    assert made.status_code == 201, made.text
    viewer = Staff(staff.product, staff.page, email)
    await viewer.leave()
    await viewer.choose_own_password()

    for path, seen in (
        (f"/portals/{portal_id}?tab=billing", "Subscription"),
        ("/billing?tab=plans", "Billing"),
        ("/billing?tab=prices", "Billing"),
    ):
        await viewer.go(path)
        await expect(viewer.page.get_by_role("heading", name=seen)).to_be_visible()
        for action in (
            "Change the plan",
            "Own limits",
            "Paid until",
            "Suspend",
            "New plan",
            "New version",
            "New price",
        ):
            await expect(viewer.page.get_by_role("button", name=action, exact=True)).to_have_count(0)
    await viewer.leave()
