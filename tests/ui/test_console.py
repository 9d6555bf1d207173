"""The vendor's console in a real browser, against the whole product."""

import re
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from playwright.async_api import Route, expect

from edge.set_aside import SetAside
from kit import ids
from teachbase.messaging.v1 import messaging_pb2 as pb
from tests.e2e.product import Product, eventually
from tests.e2e.test_dead_letters import given_up
from tests.ui.staff import OWN, Staff
from tests.ui.visit import violations


def set_aside(product: Product) -> str:
    """Put an event aside as the gateway does with what messaging refuses; returns its trace."""
    received = Timestamp()
    received.GetCurrentTime()
    event = pb.RawEvent(
        trace_id=ids.uuid7().hex,
        received_at=received,
        method="POST",
        path="/v1/bitrix/events",
        content_type="application/x-www-form-urlencoded",
        body=b"event=ONX&auth%5Bmember_id%5D=" + b"f" * 32,
    )
    SetAside(product.run_dir / "spool").put(event, "INVALID_ARGUMENT", "a rule that is mended by now")
    return event.trace_id


async def test_nobody_may_frame_the_console_and_its_files_are_kept(running: Product) -> None:
    async with running.connected():
        page = await running.http.get(f"{running.url}/admin/portals/any")
        script = re.findall(r'src="(/admin/assets/[^"]+)"', page.text)[0]
        asset = await running.http.get(running.url + script)
        missing = await running.http.get(f"{running.url}/admin/assets/gone.js")

    policy = page.headers["content-security-policy"]
    assert page.status_code == 200
    assert "frame-ancestors 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe-inline" not in policy
    assert page.headers["cache-control"] == "no-store"
    assert "immutable" in asset.headers["cache-control"]
    assert missing.status_code == 404


async def test_the_overview_leads_to_what_the_gateway_set_aside_and_it_is_handed_on(staff: Staff) -> None:
    page, trace_id = staff.page, set_aside(staff.product)
    tile = page.get_by_role("link", name="Events set aside")
    await expect(tile).to_contain_text("1")
    await tile.click()
    row = page.get_by_role("row").filter(has_text=trace_id[-8:])
    await expect(row).to_contain_text("a rule that is mended by now")

    await row.get_by_role("button", name="Hand on again").click()
    await page.get_by_role("dialog").get_by_role("button", name="Hand on again").click()

    await expect(page.get_by_text("Messaging has the event: refused")).to_be_visible()
    await expect(row).to_have_count(0)
    assert (await staff.product.admin("/spool"))["set_aside"] == 0


async def test_a_dead_letter_is_found_and_retried(staff: Staff) -> None:
    product, page = staff.product, staff.page
    portal = await product.portal(users_count=2)
    portal_id = (await product.install(portal, [1]))["complete"]["portal_id"]
    item = await given_up(product, portal, portal_id, "ping")
    await page.keyboard.press("/")
    await page.keyboard.type(portal["domain"])
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name=portal["domain"])).to_be_visible()

    await page.get_by_role("tab", name="Outbox").click()
    await page.get_by_role("row").filter(has_text="dead letter").get_by_role("button", name="Send again").click()
    await page.get_by_role("dialog").get_by_role("button", name="Send again").click()

    async def shown() -> bool:
        return "pong" in [one["text"] for one in await product.visible(portal, "1")]

    await eventually(shown, what="the reply")
    await page.goto(f"{product.url}/admin/outbox/{item['id']}")
    await expect(page.get_by_role("heading", name="Where it stands")).to_be_visible()
    await expect(page.get_by_role("main").get_by_text("sent", exact=True).first).to_be_visible()


async def test_dead_letters_of_a_filter_are_counted_then_retried(staff: Staff) -> None:
    product, page = staff.product, staff.page
    portal = await product.portal(users_count=2)
    portal_id = (await product.install(portal, [1]))["complete"]["portal_id"]
    await given_up(product, portal, portal_id, "ping")
    await staff.open(f"/outbox?state=dead&portal_id={portal_id}&cause=NOTHING_LIKE_IT")

    await expect(page.get_by_text("Nothing matches the filters.")).to_be_visible()
    await page.get_by_role("button", name="Send all again").click()
    await expect(page.get_by_text("0 dead letters match")).to_be_visible()
    await expect(page.get_by_role("dialog").get_by_role("button", name="Send all again")).to_be_disabled()
    await page.keyboard.press("Escape")
    await page.get_by_label("Code of the cause").fill("ACCESS_DENIED")
    await page.get_by_label("Code of the cause").press("Enter")
    await expect(page.get_by_role("row").filter(has_text="ACCESS_DENIED")).to_be_visible()
    assert "cause=ACCESS_DENIED" in page.url
    await page.get_by_role("button", name="Send all again").click()
    await expect(page.get_by_text("1 dead letter matches")).to_be_visible()
    await page.get_by_role("dialog").get_by_role("button", name="Send all again").click()

    await expect(page.get_by_text("1 dead letter was taken up.")).to_be_visible()
    await expect(page.get_by_text("Nothing matches the filters.")).to_be_visible()


async def test_a_reply_is_read_as_the_messenger_shows_it(staff: Staff) -> None:
    product, page = staff.product, staff.page
    portal = await product.portal(users_count=2)
    portal_id = (await product.install(portal, [1]))["complete"]["portal_id"]
    await product.write(portal, 1, "[B]/help[/B] [url=javascript:alert(1)]press[/url]")
    await product.write(portal, 1, "/help")

    async def helped() -> Any:
        found = (await product.admin("/messages", portal_id=portal_id, direction="tx"))["items"]
        return next((one for one in found if "[b]" in one["body"] and "•" in one["body"]), None)

    reply = await eventually(helped, what="the help")
    await staff.open(f"/dialogs/{reply['dialog_id']}")

    transcript = page.get_by_role("list", name="Transcript")
    await expect(transcript.locator("strong").first).to_be_visible()
    await expect(transcript).not_to_contain_text("[b]")
    await expect(transcript).to_contain_text("press javascript:alert(1)")
    await expect(transcript.locator("a[href^='javascript']")).to_have_count(0)
    assert await violations(page.main_frame) == []


async def test_a_session_that_ended_asks_to_sign_in_and_goes_on_at_the_same_page(staff: Staff) -> None:
    page = staff.page
    await page.get_by_role("navigation").get_by_role("link", name="Gateway's queue").click()
    await expect(page.get_by_role("heading", name="The queue now")).to_be_visible()
    me = (await staff.product.admin("/users", query=staff.email))["items"][0]["id"]
    headers = await staff.product.admin_headers()
    for disabled in (True, False):
        url = f"{staff.product.url}/v1/admin/users/{me}"
        (await staff.product.http.patch(url, json={"disabled": disabled}, headers=headers)).raise_for_status()

    await expect(page.get_by_text("Your session has ended")).to_be_visible()  # the page asks every few seconds
    await staff.sign_in(OWN)

    await expect(page.get_by_role("heading", name="The queue now")).to_be_visible()
    staff.mistakes[:] = [line for line in staff.mistakes if "401" not in line]


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_every_page_is_accessible_in_both_languages(staff: Staff, language: str) -> None:
    product, page = staff.product, staff.page
    portal = await product.portal(users_count=2)
    portal_id = (await product.install(portal, [1]))["complete"]["portal_id"]
    item = await given_up(product, portal, portal_id, "ping")
    event = (await product.admin("/inbound-events", limit=1))["items"][0]
    if language == "ru":
        await page.get_by_role("button", name="Русский").click()
        await expect(page.get_by_role("heading", name="Обзор")).to_be_visible()
    tabs = ("overview", "dialogs", "outbox", "diagnostics", "audit", "danger")
    paths = [
        "",
        "/spool",
        "/portals",
        *(f"/portals/{portal_id}?tab={tab}" for tab in tabs),
        "/outbox?state=dead",
        f"/outbox/{item['id']}",
        "/dialogs",
        f"/dialogs/{item['dialog_id']}",
        "/messages",
        f"/traces/{item['trace_id']}",
        "/inbound-events",
        "/inbound-events?tab=storage",
        f"/inbound-events/{event['id']}",
        "/search?q=nothing-like-it",
        "/audit",
        "/admins",
        "/answers",
        "/nowhere",
    ]

    found: dict[str, list[str]] = {}
    for path in paths:
        await staff.go(path)
        await expect(page.get_by_role("main").get_by_role("heading").first).to_be_visible()
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        overflow = await page.evaluate(wider)
        found[path] = await violations(page.main_frame) + (["too wide"] if overflow else [])

    assert await page.evaluate("document.documentElement.lang") == language
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


async def test_an_event_that_nothing_durable_took_is_told_on_the_first_page(staff: Staff) -> None:
    async def with_a_full_disk(route: Route) -> None:
        answer = await route.fetch()
        await route.fulfill(response=answer, json={**await answer.json(), "not_durable": 3})

    await staff.page.route("**/v1/admin/spool", with_a_full_disk)
    await staff.open()

    alert = staff.page.get_by_role("alert").filter(has_text="3 events")
    await expect(alert).to_contain_text("Free space on the gateway's disk")
    assert await violations(staff.page.main_frame) == []
