"""The built portal app in the simulator's frame, in a real browser."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from playwright.async_api import BrowserContext

from b24sim.testing import FakeClock, Sim, serving, simulator
from tests.e2e import product as stack
from tests.ui.product import DIST, Product, site
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
