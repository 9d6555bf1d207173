"""The built portal app in the simulator's frame, in a real browser."""

import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from playwright.async_api import BrowserContext, expect

from b24sim.testing import FakeClock, Sim, serving, simulator
from tests.e2e import product as stack
from tests.ui.product import DIST, Product, site
from tests.ui.staff import FIRST, OWN, Staff, at_a_browser
from tests.ui.visit import HAS_CHROMIUM, Visitors, chromium

IS_BUILT = (DIST / "portal.html").exists()


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[BrowserContext]:
    if not HAS_CHROMIUM:
        pytest.skip("no chromium here")
    assert IS_BUILT, "run 'make ui' first"
    async with chromium() as context:
        yield context


@pytest.fixture(scope="session")
async def stage() -> AsyncIterator[tuple[Visitors, Product]]:
    """A simulator and a product that know each other, for the whole session."""
    product = Product()
    async with serving(lambda _: site(product)) as url, simulator(FakeClock(), url) as sim:
        product.url, product.sim_url = url, sim.url
        yield Visitors(sim), product


@pytest.fixture
def product(stage: tuple[Visitors, Product]) -> Product:
    stage[1].reset()
    return stage[1]


@pytest.fixture
async def visitors(
    stage: tuple[Visitors, Product], browser: BrowserContext, product: Product
) -> AsyncIterator[Visitors]:
    """Who opens the app; every page must end without an error on its console."""
    assert product.url
    visitors = stage[0]
    visitors.begin(browser)
    yield visitors
    mistakes = await visitors.end()
    assert mistakes == []


@pytest.fixture
async def portal(visitors: Visitors, product: Product) -> dict[str, Any]:
    """An installed portal where three may talk to the bot."""
    product.status, product.allowed = "active", [1, 2, 3]
    return await visitors.portal(installed=True)


@pytest.fixture
async def guests(running: stack.Product, browser: BrowserContext) -> AsyncIterator[Visitors]:
    """Who opens the app of the whole product; every page must end without an error on its console."""
    async with httpx.AsyncClient(base_url=running.sim_url, timeout=30, trust_env=False) as http:
        visitors = Visitors(Sim(http, running.sim_url))
        visitors.begin(browser)
        yield visitors
        mistakes = await visitors.end()
    assert mistakes == []


@pytest.fixture(scope="session")
async def owner(running: stack.Product) -> str:
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
async def staff(running: stack.Product, browser: BrowserContext, owner: str) -> AsyncIterator[Staff]:
    """That owner, signed in, who reads English and sees the overview."""
    async with at_a_browser(running, browser, owner) as staff:
        page = staff.page
        await page.goto(f"{running.url}/admin")
        await expect(page.get_by_role("navigation").or_(page.locator("input[name=email]"))).to_be_visible()
        if await page.locator("input[name=email]").is_visible():
            await staff.sign_in(OWN)
        await expect(page.get_by_text(owner, exact=True)).to_be_visible()
        await expect(page.get_by_role("heading", name="Overview")).to_be_visible()
        yield staff


@pytest.fixture
async def newcomer(running: stack.Product, browser: BrowserContext) -> AsyncIterator[Staff]:
    """An owner of this test alone, who has signed in once; nobody is signed in when it is over."""
    email = f"{uuid.uuid4().hex[:10]}@teachbase.test"
    async with at_a_browser(running, browser, email) as staff:
        made = await running.operate("/users", email=email, role="owner", password=FIRST)
        assert made.status_code == 201, made.text
        await staff.page.goto(f"{running.url}/health")  # the app itself would go on with who was here before
        await staff.leave()
        await staff.choose_own_password()
        yield staff
        await staff.leave()
