"""The vendor's console in a real browser, against the whole product."""

import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from playwright.async_api import BrowserContext, ConsoleMessage, Page, Route, expect

from edge.set_aside import SetAside
from kit import ids
from teachbase.messaging.v1 import messaging_pb2 as pb
from tests.e2e.product import Product, eventually
from tests.e2e.test_dead_letters import given_up
from tests.ui.visit import violations

FIRST, OWN = "a password somebody chose 1", "a password of one's own 2"


@dataclass
class Staff:
    """A member of the vendor's staff at a browser; what its console complained of is kept."""

    product: Product
    page: Page
    email: str
    mistakes: list[str] = field(default_factory=list)

    async def open(self, path: str = "") -> None:
        """Open a page of the console; the session of the browser goes on."""
        await self.page.goto(f"{self.product.url}/admin{path}")
        await expect(self.page.get_by_role("navigation")).to_be_visible()

    async def go(self, path: str) -> None:
        """Go to a page of the console within the session, as by a link."""
        await self.page.evaluate(
            "path => { history.pushState({}, '', path); dispatchEvent(new PopStateEvent('popstate')); }",
            f"/admin{path}",
        )
        await self.page.wait_for_timeout(400)  # its file and its answers come; then nothing of it is a placeholder
        await expect(self.page.locator("main .mantine-Skeleton-root, main .mantine-Loader-root")).to_have_count(0)

    async def sign_in(self, password: str) -> None:
        await self.page.locator("input[name=email]").fill(self.email)
        await self.page.locator("input[name=password]").fill(password)
        await self.page.locator("button[type=submit]").click()

    async def leave(self) -> None:
        """Have this browser know nobody."""
        await self.page.context.clear_cookies()
        await self.page.evaluate("localStorage.clear()")

    async def choose_own_password(self) -> None:
        """Sign in for the first time, with the password that the owner gave."""
        await self.page.goto(f"{self.product.url}/admin")
        await self.sign_in(FIRST)
        await expect(self.page.get_by_role("heading", name="A password of your own")).to_be_visible()
        await self.page.get_by_label("Current password").fill(FIRST)
        await self.page.get_by_label("New password").fill(OWN)
        await self.page.get_by_role("button", name="Change and go on").click()
        await expect(self.page.get_by_role("heading", name="Overview")).to_be_visible()


@pytest.fixture(scope="session")
async def owner(running: Product) -> str:
    """The email of an owner with a password of their own, for all tests."""
    email = f"{uuid.uuid4().hex[:10]}@teachbase.test"
    async with running.connected():
        made = await running.operate("/users", email=email, role="owner", password=FIRST)
        assert made.status_code == 201, made.text
        url, credentials = f"{running.url}/v1/admin/auth", {"email": email, "password": FIRST}
        opened = (await running.http.post(f"{url}/login", json=credentials)).json()
        body = {"current_password": FIRST, "new_password": OWN}
        headers = {"authorization": f"Bearer {opened['access_token']}"}
        changed = await running.http.post(f"{url}/password", json=body, headers=headers)
        assert changed.is_success, changed.text
    return email


@pytest.fixture
async def staff(running: Product, browser: BrowserContext, owner: str) -> AsyncIterator[Staff]:
    """That owner, signed in, who reads English and sees the overview."""
    async with _at_a_browser(running, browser, owner) as staff:
        page = staff.page
        await page.goto(f"{running.url}/admin")
        await expect(page.get_by_role("navigation").or_(page.locator("input[name=email]"))).to_be_visible()
        if await page.locator("input[name=email]").is_visible():
            await staff.sign_in(OWN)
        await expect(page.get_by_text(owner, exact=True)).to_be_visible()
        await expect(page.get_by_role("heading", name="Overview")).to_be_visible()
        yield staff


@pytest.fixture
async def newcomer(running: Product, browser: BrowserContext) -> AsyncIterator[Staff]:
    """An owner of this test alone, who has signed in once; nobody is signed in when it is over."""
    email = f"{uuid.uuid4().hex[:10]}@teachbase.test"
    async with _at_a_browser(running, browser, email) as staff:
        made = await running.operate("/users", email=email, role="owner", password=FIRST)
        assert made.status_code == 201, made.text
        await staff.page.goto(f"{running.url}/admin")
        await staff.leave()
        await staff.choose_own_password()
        yield staff
        await staff.leave()


@asynccontextmanager
async def _at_a_browser(running: Product, browser: BrowserContext, email: str) -> AsyncIterator[Staff]:
    async with running.connected():
        page = await browser.new_page()
        staff = Staff(running, page, email)
        page.on("pageerror", lambda error: staff.mistakes.append(str(error)))
        page.on("console", lambda line: staff.mistakes.append(_told(line)) if line.type == "error" else None)
        await page.set_viewport_size({"width": 1360, "height": 900})
        await page.emulate_media(reduced_motion="reduce")
        await page.add_init_script(
            "localStorage.getItem('teachbase-language') ?? localStorage.setItem('teachbase-language', '\"en\"')"
        )
        yield staff
        await page.evaluate(
            "Object.keys(localStorage).filter(key => !key.includes('signed-in'))"
            ".forEach(key => localStorage.removeItem(key))"
        )
        await page.close()
    assert staff.mistakes == []


def _told(line: ConsoleMessage) -> str:
    return f"{line.text} {line.location['url']}"


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
