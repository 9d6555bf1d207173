"""A person opens the app in Bitrix24: a browser page at the simulator, and the frame in it."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import BrowserContext, Frame, FrameLocator, Locator, Page, async_playwright, expect

from b24sim.testing import Sim

AXE = Path(__file__).parents[2] / "admin-ui" / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = Path("/usr/bin/chromium")
HAS_CHROMIUM = CHROMIUM.exists()
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
Scheme = Literal["light", "dark"]


@asynccontextmanager
async def chromium() -> AsyncIterator[BrowserContext]:
    """A browser. Its patience is that of two cores, shared with the engines of other tests."""
    expect.set_options(timeout=30_000)
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield await started.new_context()
        await started.close()


async def violations(document: Frame) -> list[str]:
    """The serious and critical violations of accessibility rules in a document as it stands."""
    await document.evaluate(AXE.read_text())
    found = await document.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{item['id']} {node['target']} {node['failureSummary']}"
        for item in found["violations"]
        if item["impact"] in {"serious", "critical"}
        for node in item["nodes"]
    ]


@dataclass
class Visit:
    """One open app."""

    page: Page
    app: FrameLocator

    def option(self, name: str | None = None) -> Locator:
        """A row of a list that is chosen from; those of plain selects are not meant."""
        return self.app.get_by_role("option", name=name).and_(self.app.locator("[role=option]"))

    async def go_on_without_documents(self) -> None:
        """From the wizard's choice of people to its end."""
        await self.app.get_by_role("button", name=re.compile("^(Далее|Next)$")).click()
        await self.app.get_by_role("button", name=re.compile("без документов|without documents")).click()

    @property
    def frame(self) -> Frame:
        """The app's document, to run scripts in."""
        found = [frame for frame in self.page.frames if frame.parent_frame]
        assert len(found) == 1
        return found[0]

    async def axe(self) -> list[str]:
        """The serious and critical violations of accessibility rules on the page as it stands."""
        return await violations(self.frame)

    async def overflow(self) -> int:
        """By how many pixels the page is wider than its frame."""
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        return int(await self.frame.evaluate(wider))


@dataclass
class Visitors:
    """People with browsers."""

    sim: Sim
    context: BrowserContext | None = None
    pages: list[Page] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)
    expected: set[str] = field(default_factory=set)

    def begin(self, context: BrowserContext) -> None:
        """Start a test. Pages share a context: what was loaded once comes from its cache."""
        self.context, self.pages, self.mistakes, self.expected = context, [], [], set()

    async def end(self) -> list[str]:
        """Close every page of the test and delete its portals. Returns what the consoles complained of."""
        for page in self.pages:
            if not page.is_closed():
                await page.frames[-1].evaluate("localStorage.clear()")
                await page.close()
        for portal in (await self.sim.control("GET", "/portals"))["items"]:
            await self.sim.control("DELETE", f"/portals/{portal['member_id']}")
        return [line for line in self.mistakes if not any(word in line for word in self.expected)]

    async def portal(self, people: int = 12, **asked: Any) -> dict[str, Any]:
        """A portal with this many employees."""
        return await self.sim.portal(domain="romashka.bitrix24.ru", users_count=people, **asked)

    async def open(
        self,
        portal: dict[str, Any],
        user_id: int = 1,
        *,
        width: int = 1280,
        scheme: Scheme = "light",
    ) -> Visit:
        """Open the app as one of the employees."""
        assert self.context
        page = await self.context.new_page()
        self.pages.append(page)
        await page.set_viewport_size({"width": width, "height": 900})
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.on("pageerror", lambda error: self.mistakes.append(str(error)))
        page.on("console", lambda line: self.mistakes.append(line.text) if line.type == "error" else None)
        await page.goto(f"{self.sim.url}/?portal={portal['member_id']}&user={user_id}")
        await page.click("#open-app")
        visit = Visit(page, page.frame_locator("#frame"))
        await expect(visit.app.get_by_role("main")).to_be_visible()
        return visit
