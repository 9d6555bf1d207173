"""The portal app against the running product: from the wizard in a browser to the first answer."""

import pytest
from playwright.async_api import expect

from b24sim.testing import Sim
from tests.e2e.product import Product, eventually
from tests.e2e.test_operating import act
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
        await wizard.go_on_without_documents()
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


@pytest.mark.skipif(not HAS_CHROMIUM, reason="no chromium here")
async def test_a_department_is_chosen_in_a_browser_and_an_employee_within_it_gets_an_answer(
    product: Product,
) -> None:
    people = [
        {"id": 1, "name": "Ольга", "last_name": "Смирнова", "admin": True, "departments": [1]},
        {"id": 2, "name": "Анна", "last_name": "Ёлкина", "departments": [3]},
        {"id": 3, "name": "Борис", "last_name": "Котов", "departments": [4]},
    ]
    portal = await product.portal(users=people)
    await product.install(portal, [1])
    visitors = Visitors(Sim(product.http, product.sim_url))
    async with chromium() as context:
        visitors.begin(context)
        admin = await visitors.open(portal)
        await admin.app.get_by_role("radio", name="Отделы").check()
        await admin.app.get_by_role("option", name="Бухгалтерия").click()
        await admin.app.get_by_role("button", name="Сохранить").click()
        await expect(admin.app.get_by_text("Сохранено.")).to_be_visible()
        await admin.app.get_by_role("radio", name="Выбранные сотрудники").check()
        await expect(admin.app.get_by_role("option", name="есть доступ")).to_have_count(1)
        await expect(admin.app.get_by_role("option", name="есть доступ")).to_contain_text("Анна Ёлкина")

        inside, outside = await visitors.open(portal, user_id=2), await visitors.open(portal, user_id=3)
        await expect(inside.app.get_by_role("heading", name="Ассистент готов помочь")).to_be_visible()
        await expect(outside.app.get_by_role("heading", name="Ассистент вам пока не открыт")).to_be_visible()
    await product.write(portal, 2, "ping")

    async def ponged() -> bool:
        return "pong" in [message["text"] for message in await product.visible(portal, "2")]

    await eventually(ponged, what="the answer")
    assert visitors.mistakes == []


@pytest.mark.skipif(not HAS_CHROMIUM, reason="no chromium here")
async def test_an_administrator_changes_the_settings_and_reads_why_the_portal_is_suspended(
    product: Product,
) -> None:
    portal = await product.portal(users_count=3)
    portal_id = (await product.install(portal, [1, 2]))["complete"]["portal_id"]
    await act(product, portal_id, "suspend", {"reason": "Счёт № 41 не оплачен"})
    visitors = Visitors(Sim(product.http, product.sim_url))
    async with chromium() as context:
        visitors.begin(context)
        admin, employee = await visitors.open(portal), await visitors.open(portal, user_id=2)
        await expect(admin.app.get_by_text("Причина: Счёт № 41 не оплачен")).to_be_visible()
        await expect(employee.app.get_by_role("heading", name="Ассистент пока отдыхает")).to_be_visible()
        await expect(employee.app.get_by_text("Счёт № 41")).to_have_count(0)

        await admin.app.get_by_role("radio", name="English").check()
        await expect(admin.app.get_by_text("Сохранено", exact=True)).to_be_visible()
        again = await visitors.open(portal)
        await expect(again.app.get_by_role("radio", name="English")).to_be_checked()
    assert visitors.mistakes == []
