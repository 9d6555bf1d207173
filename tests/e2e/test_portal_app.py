"""The portal app against the running product: from the wizard in a browser to the first answer."""

import pytest
from playwright.async_api import expect

from b24sim.testing import Sim
from tests.e2e.product import Product, eventually
from tests.ui.visit import HAS_CHROMIUM, Visitors, chromium


@pytest.mark.skipif(not HAS_CHROMIUM, reason="no chromium here")
async def test_an_administrator_installs_in_a_browser_and_who_was_chosen_gets_an_answer(product: Product) -> None:
    portal = await product.portal(users_count=60)
    visitors = Visitors(Sim(product.http, product.sim_url))
    async with chromium() as context:
        visitors.begin(context)
        wizard = await visitors.open(portal)
        found = wizard.app.get_by_role("option")
        await found.nth(2).click()
        chosen = int(await found.nth(2).get_attribute("data-employee") or 0)
        await wizard.app.get_by_role("button", name="Завершить настройку").click()
        await expect(wizard.app.get_by_role("heading", name="Бот работает")).to_be_visible()
        await expect(wizard.app.get_by_text("1 сотрудник", exact=True)).to_be_visible()

        other = await visitors.open(portal, user_id=2 if chosen != 2 else 3)
        await expect(other.app.get_by_role("heading", name="Ассистент вам пока не открыт")).to_be_visible()
        theirs = await visitors.open(portal, user_id=chosen)
        await expect(theirs.app.get_by_role("heading", name="Ассистент готов помочь")).to_be_visible()
    asked = await product.write(portal, chosen, "ping")

    async def answered() -> bool:
        seen = await product.visible(portal, str(chosen))
        return any(int(message["id"]) > asked for message in seen)

    await eventually(answered, what="the answer")
    assert visitors.mistakes == []
