"""The vendor's staff at a browser."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from playwright.async_api import BrowserContext, ConsoleMessage, Page, expect

from tests.e2e.product import Product

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


@asynccontextmanager
async def at_a_browser(running: Product, browser: BrowserContext, email: str) -> AsyncIterator[Staff]:
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
    assert staff.mistakes == [], staff.mistakes


def _told(line: ConsoleMessage) -> str:
    return f"{line.text} {line.location['url']}"
