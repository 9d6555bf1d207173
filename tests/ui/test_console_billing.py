"""The console's billing pages in a real browser, against the whole product."""

import os
import uuid
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from kit import ids
from tests.e2e.product import eventually
from tests.ui.staff import Staff
from tests.ui.visit import violations

TABS = ("portals", "plans", "usage", "alerts", "activity", "prices")
SHOTS = os.environ.get("TB_SHOTS", "")


async def installed(staff: Staff) -> tuple[str, str]:
    """Install the app on a new portal; returns its domain and its id."""
    portal = await staff.product.portal(users_count=2)
    portal_id: str = (await staff.product.install(portal, [1]))["complete"]["portal_id"]
    return portal["domain"], portal_id


async def plan_made(staff: Staff, **terms: Any) -> str:
    """Make a plan by the API; returns its code."""
    code = f"p{uuid.uuid4().hex[:8]}"
    names = {"name_ru": f"Тариф {code}", "name_en": f"Plan {code}"}
    made = await staff.product.admin_post("/billing/plans", code=code, price_minor=99_000, **names, **terms)
    assert made.status_code == 201, made.text
    return code


async def moved(staff: Staff, portal_id: str, **change: Any) -> None:
    """Change what a portal is on by the API."""
    url = f"{staff.product.url}/v1/admin/billing/portals/{portal_id}"
    answer = await staff.product.http.put(url, json=change, headers=await staff.product.admin_headers())
    assert answer.status_code == 200, answer.text


async def choose(page: Page, scope: Page | Locator, label: str, option: str) -> None:
    """Choose from a list that opens."""
    await scope.get_by_role("combobox", name=label).click()
    await page.get_by_role("option", name=option).and_(page.locator("[role=option]")).click()


async def test_portals_are_filtered_and_lead_to_their_plan(staff: Staff) -> None:
    page = staff.page
    domain, portal_id = await installed(staff)
    code = await plan_made(staff)
    await moved(staff, portal_id, plan_code=code)
    await staff.open("/billing")

    await choose(page, page.get_by_role("group", name="Filters"), "Plan", code)
    row = page.get_by_role("row").filter(has_text=domain)
    await expect(row).to_contain_text(f"Plan {code}, version 1")
    await expect(page.get_by_text("1 row on this page")).to_be_visible()
    assert f"plan={code}" in page.url
    await choose(page, page.get_by_role("group", name="Filters"), "Limit used", "from 80%")
    await expect(page.get_by_text("No portal matches the filters.")).to_be_visible()
    assert "near=80" in page.url
    await page.go_back()
    await row.get_by_role("link", name=domain).click()

    await expect(page.get_by_role("tab", name="Usage and plan", selected=True)).to_be_visible()
    await expect(page.get_by_role("heading", name="Subscription")).to_be_visible()


async def test_a_plan_is_made_and_then_its_next_version(staff: Staff) -> None:
    page, code = staff.page, f"p{uuid.uuid4().hex[:8]}"
    await staff.open("/billing?tab=plans")
    await page.get_by_role("button", name="New plan").click()
    form = page.get_by_role("dialog")
    await expect(form.get_by_role("button", name="New plan")).to_be_disabled()
    await form.get_by_label("Code").fill(code)
    await form.get_by_label("Name in Russian").fill("Пробный")
    await form.get_by_label("Name in English").fill(f"Try {code}")
    await form.get_by_label("Price").fill("990.50")
    await form.get_by_role("textbox", name="Answers").fill("1500")
    await form.get_by_label("Answers: soft").check(force=True)
    await form.get_by_role("button", name="New plan").click()

    card = page.get_by_role("region", name=f"Try {code}")
    await expect(card).to_contain_text("990.50")
    await expect(card).to_contain_text("Answers: 1,500 (soft)")
    await card.get_by_role("button", name="New version").click()
    await page.get_by_role("dialog").get_by_label("Price").fill("1200")
    await page.get_by_role("dialog").get_by_role("button", name="New version").click()

    await expect(card).to_contain_text("1,200.00")
    versions = (await staff.product.admin(f"/billing/plans/{code}/versions"))["items"]
    assert [(one["version"], one["price_minor"]) for one in versions] == [(2, 120_000), (1, 99_050)]
    assert versions[0]["limits"] == {"replies_per_month": 1500}
    assert versions[0]["soft_limits"] == ["replies_per_month"]


async def test_a_portal_is_moved_given_a_limit_of_its_own_suspended_and_resumed(staff: Staff) -> None:
    page = staff.page
    _, portal_id = await installed(staff)
    code = await plan_made(staff, limits={"replies_per_month": 10})
    await staff.open(f"/portals/{portal_id}?tab=billing")
    form = page.get_by_role("dialog")

    await page.get_by_role("button", name="Change the plan").click()
    await choose(page, form, "Plan", f"Plan {code}, version 1")
    await form.get_by_label("Reason").fill("asked by phone")
    await form.get_by_role("button", name="Change the plan").click()
    card = page.get_by_role("region", name="Subscription")
    await expect(card).to_contain_text(f"Plan {code}, version 1")
    await expect(page.get_by_role("region", name="History")).to_contain_text("asked by phone")

    await page.get_by_role("button", name="Own limits").click()
    await form.get_by_role("textbox", name="Answers").fill("25")
    await form.get_by_label("Reason").fill("a gift")
    await form.get_by_role("button", name="Own limits").click()
    await expect(page.get_by_role("region", name="Limits of its own")).to_contain_text("a gift")
    await expect(page.get_by_role("region", name="Used in this period")).to_contain_text("0 of 25")

    await page.get_by_role("button", name="Suspend", exact=True).click()
    await form.get_by_label("Reason").fill("unpaid")
    await form.get_by_role("button", name="Suspend", exact=True).click()
    await expect(card).to_contain_text("suspended")
    await expect(form).to_be_hidden()
    await page.get_by_role("button", name="Resume", exact=True).click()
    await form.get_by_label("Reason").fill("paid")
    await form.get_by_role("button", name="Resume", exact=True).click()
    await expect(page.get_by_role("tabpanel").get_by_role("button", name="Suspend", exact=True)).to_be_visible()

    async def is_active() -> bool:
        status: str = (await staff.product.admin(f"/billing/portals/{portal_id}"))["status"]
        return status == "active"

    await eventually(is_active, what="the resumed subscription")


async def test_a_model_gets_a_price_and_the_usage_is_downloaded(staff: Staff) -> None:
    page, model = staff.page, f"model-{uuid.uuid4().hex[:8]}"
    await staff.open("/billing?tab=prices")
    await page.get_by_role("button", name="New price").click()
    form = page.get_by_role("dialog")
    await form.get_by_label("Model").fill(model)
    await form.get_by_label("A million prompt tokens").fill("12.34")
    await form.get_by_role("button", name="New price").click()
    await expect(page.get_by_role("row").filter(has_text=model)).to_contain_text("12.34")

    await page.get_by_role("tab", name="Usage").click()
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Download usage.csv").click()

    text = (await (await download.value).path()).read_text()
    assert text.startswith("id,created_at,portal_id,metric,units,channel")


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_billing_pages_are_accessible_in_both_languages(staff: Staff, language: str) -> None:
    page = staff.page
    _, portal_id = await installed(staff)
    code = await plan_made(staff, limits={"replies_per_month": 10})
    await moved(staff, portal_id, plan_code=code, overrides={"replies_per_month": 12}, reason="a gift")
    await used(staff, portal_id)
    if language == "ru":
        await page.get_by_role("button", name="Русский").click()
        await expect(page.get_by_role("heading", name="Обзор")).to_be_visible()

    found: dict[str, list[str]] = {}
    for path in (*(f"/billing?tab={tab}" for tab in TABS), f"/portals/{portal_id}?tab=billing"):
        await staff.go(path)
        await expect(page.get_by_role("main").get_by_role("heading").first).to_be_visible()
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        overflow = await page.evaluate(wider)
        found[path] = await violations(page.main_frame) + (["too wide"] if overflow else [])
        if SHOTS:
            name = path.rpartition("=")[2] + ("-portal" if "portals/" in path else "")
            await page.screenshot(path=Path(SHOTS) / f"{name}-{language}.png", full_page=True)

    assert {path: wrong for path, wrong in found.items() if wrong} == {}


async def used(staff: Staff, portal_id: str) -> None:
    """Have a portal look as if it had used the bot, come near to a limit, and a counter of it as if it drifted."""
    for metric, units in (
        ("replies_per_month", 7),
        ("llm_tokens_per_month", 3000),
        ("model_cost_micro", 5_000_000),
    ):
        await staff.product.sql(
            "billing",
            "INSERT INTO usage_days"
            " SELECT $1::uuid, $2, CAST(now() AT TIME ZONE 'UTC' AS date) - n, $3::bigint * (1 + n)"
            " FROM generate_series(0, 9) n",
            portal_id,
            metric,
            units,
        )
    await staff.product.sql(
        "billing",
        "INSERT INTO usage_events (portal_id, id, metric, units, period_start)"
        " VALUES ($1::uuid, $2::uuid, 'replies_per_month', 1, now())",
        portal_id,
        str(ids.uuid7()),
    )
    await staff.product.sql(
        "billing",
        "INSERT INTO limit_alerts (portal_id, metric, threshold, used, most, period_start, resets_at, created_at)"
        " VALUES ($1::uuid, 'replies_per_month', 80, 10, 12, now(), now(), now())",
        portal_id,
    )
    await staff.product.sql(
        "billing",
        "INSERT INTO usage_drifts VALUES ($1::uuid, 'replies_per_month', now(), 9, 10, now())",
        portal_id,
    )
