"""The console's logs, queues and workers in a real browser, against the whole product."""

import os
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.ui.staff import Staff
from tests.ui.test_console_billing import choose, installed
from tests.ui.visit import violations

SHOTS = os.environ.get("TB_SHOTS", "")


async def judged(page: Page, name: str) -> list[str]:
    """What is wrong with a page as it stands; a picture of it where somebody wants to look."""
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{name}.png")
    wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    found = await violations(page.main_frame) + (["too wide"] if await page.evaluate(wider) else [])
    size = page.viewport_size
    assert size
    await page.set_viewport_size({"width": 760, "height": size["height"]})
    await page.wait_for_timeout(200)  # what floats finds its place after the page has its size
    found += ["too wide for a small window"] if await page.evaluate(wider) else []
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{name}-760.png")
    await page.set_viewport_size(size)
    return found


async def test_a_line_of_the_logs_is_found_by_its_trace_and_opens(staff: Staff) -> None:
    page, product = staff.page, staff.product
    answer = await product.http.get(f"{product.url}/v1/admin/portals")
    trace_id = answer.headers["x-trace-id"]
    await staff.open(f"/logs?trace_id={trace_id}")
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name=f"…{trace_id[-8:]}"))

    await row.get_by_role("button").click()

    await expect(page.get_by_role("region", name="Fields of the line")).to_contain_text("401")
    await expect(row.get_by_role("button", expanded=True)).to_be_visible()
    assert await judged(page, "logs-line") == []
    await row.get_by_role("link", name=f"…{trace_id[-8:]}").first.click()
    await expect(page.get_by_role("heading", name="Trace")).to_be_visible()
    await page.get_by_role("link", name="Log lines of this trace").click()
    await expect(row).to_have_count(1)
    staff.mistakes[:] = [line for line in staff.mistakes if "404" not in line]  # no message has this trace


async def test_logs_are_followed_until_somebody_stops_that(staff: Staff) -> None:
    page, product = staff.page, staff.product
    lost = product.http.get(f"{product.url}/v1/admin/nowhere-a")
    await staff.open("/logs?q=nowhere-")
    await expect(page.get_by_text("No line matches.")).to_be_visible()

    await lost
    await expect(page.get_by_role("row").filter(has_text="nowhere-a")).to_have_count(1)
    await page.get_by_role("button", name="Pause").click()
    await product.http.get(f"{product.url}/v1/admin/nowhere-b")
    await page.wait_for_timeout(3000)

    await expect(page.get_by_role("row").filter(has_text="nowhere-b")).to_have_count(0)
    await page.get_by_role("button", name="Follow").click()
    await expect(page.get_by_role("row").filter(has_text="nowhere-b")).to_have_count(1)
    await expect(page.get_by_role("row").filter(has_text="nowhere-a")).to_have_count(1)


async def test_logs_are_filtered_by_source_service_level_and_portal(staff: Staff) -> None:
    page = staff.page
    domain, portal_id = await installed(staff)
    wrote = (await staff.product.admin("/logs/worker", level="info", tail=1))["items"][0]["service"]
    await staff.open(f"/portals/{portal_id}")

    await page.get_by_role("link", name="Log lines of this portal").click()
    await expect(page.get_by_role("row").filter(has_text=domain).first).to_be_visible()
    await page.get_by_role("button", name="Reset filters").click()
    await page.get_by_role("tab", name="Workers").click()
    filters = page.get_by_role("group", name="Filters")
    await choose(page, filters, "Service", wrote)
    await choose(page, filters, "Level", "information")
    await expect(page.get_by_role("row").filter(has_text=wrote).first).to_be_visible()

    assert (
        await page.get_by_role("cell", name="-worker").count()
        == await page.get_by_role("cell", name=wrote).count()
    )
    for part in ("stream=worker", f"service={wrote}", "level=info"):
        assert part in page.url
    await page.get_by_role("tab", name="Proxy").click()
    await expect(page.get_by_role("row").nth(1)).to_be_visible()
    assert "service=" not in page.url


async def test_logs_that_cannot_be_read_say_what_to_do(staff: Staff) -> None:
    refused = {"error": "logs_unavailable", "message": "No logs.", "trace_id": "t", "detail": {}}
    await staff.page.route("**/v1/admin/logs/**", lambda route: route.fulfill(status=503, json=refused))

    await staff.open("/logs")

    await expect(staff.page.get_by_role("alert")).to_contain_text("TB_LOKI_URL")
    staff.mistakes[:] = [line for line in staff.mistakes if "503" not in line]


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_pages_of_operations_are_accessible_in_both_languages(staff: Staff, language: str) -> None:
    page = staff.page
    if language == "ru":
        await page.get_by_role("button", name="Русский").click()
    found: dict[str, list[str]] = {}

    for path in ("", "/logs", "/logs?stream=nginx", "/queues"):
        await staff.go(path)
        await expect(page.get_by_role("main").get_by_role("heading").first).to_be_visible()
        found[path] = await judged(page, f"ops-{path.strip('/').replace('?', '-')}-{language}")

    assert {path: wrong for path, wrong in found.items() if wrong} == {}


async def test_numbers_of_queues_and_names_of_workers_lead_to_their_lists(staff: Staff) -> None:
    page = staff.page
    await staff.open()
    await page.get_by_role("main").get_by_role("link", name="Queues and workers").click()
    queues, workers = (page.get_by_role("region", name=name, exact=True) for name in ("Queues", "Workers"))

    for queue, number, leads_to in (
        ("Gateway's queue", "0", "/spool"),
        ("Answering", "0", "/messages?state=pending"),
        ("Sending", "0", "/outbox?state=created"),
    ):
        row = queues.get_by_role("row").filter(has_text=queue)
        link = row.get_by_role("link", name=number).first
        assert await link.get_attribute("href") == f"/admin{leads_to}"
    row = workers.get_by_role("row").filter(has_text="Delivery, worker")
    await expect(row).to_contain_text("idle")
    await row.get_by_role("link").click()

    await expect(page.get_by_role("tab", name="Workers", selected=True)).to_be_visible()
    assert "service=delivery-worker" in page.url


async def test_a_part_that_is_not_well_says_why_on_the_overview(staff: Staff) -> None:
    failing = {
        "name": "delivery-worker",
        "kind": "worker",
        "state": "failing",
        "cause": "None tells that it lives.",
        "next_step": "Start it again.",
    }
    well = {"name": "postgres", "kind": "store", "state": "ok", "cause": None, "next_step": None}
    told = {"status": "failing", "checked_at": "2026-11-27T12:00:00Z", "components": [failing, well]}
    await staff.page.route("**/v1/admin/system/health", lambda route: route.fulfill(json=told))
    await staff.page.route(
        "**/v1/admin/system/live", lambda route: route.fulfill(content_type="text/event-stream")
    )
    await staff.open()

    alert = staff.page.get_by_role("alert").filter(has_text="Delivery, worker")
    await expect(alert).to_contain_text("Start it again.")
    await expect(staff.page.get_by_role("link", name="Postgres")).to_be_visible()
    assert await judged(staff.page, "overview-failing") == []


async def test_a_portals_queue_is_paused_with_a_reason_and_resumed_where_all_pauses_are(staff: Staff) -> None:
    page = staff.page
    domain, portal_id = await installed(staff)
    await staff.open(f"/portals/{portal_id}")
    sending = page.get_by_role("group", name="Sending")

    await sending.get_by_role("button", name="Pause").click()
    form = page.get_by_role("dialog")
    await expect(form.get_by_role("button", name="Pause")).to_be_disabled()
    await form.get_by_label("Reason").fill("their server is being moved")
    await form.get_by_role("button", name="Pause").click()
    await expect(sending).to_contain_text("their server is being moved")
    assert await judged(page, "portal-paused") == []

    await staff.go("/queues")
    row = page.get_by_role("region", name="Paused for portals").get_by_role("row").filter(has_text=domain)
    await expect(row).to_contain_text("Sending")
    assert await judged(page, "queues-paused") == []
    await row.get_by_role("button", name="Resume").click()
    await form.get_by_role("button", name="Resume").click()

    await expect(row).to_have_count(0)


async def test_queues_follow_what_happens_and_are_not_asked_time_and_again(staff: Staff) -> None:
    page, asked = staff.page, list[str]()
    _, portal_id = await installed(staff)
    page.on("request", lambda request: asked.append(request.url) if "/system/queue" in request.url else None)
    await staff.open("/queues")
    sending = page.get_by_role("region", name="Queues").get_by_role("row").filter(has_text="Sending")
    await page.wait_for_timeout(2500)
    before, begun = int(await sending.get_by_role("cell").last.inner_text()), len(asked)

    path = f"/portals/{portal_id}/queues/delivery"
    await staff.product.admin_post(f"{path}/pause", reason="a test")
    await expect(sending.get_by_role("cell").last).to_have_text(str(before + 1), timeout=6_000)
    await page.wait_for_timeout(5500)
    await staff.product.admin_post(f"{path}/resume")

    assert len(asked) == begun
