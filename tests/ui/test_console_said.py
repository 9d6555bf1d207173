"""What services say of causes and next steps, in the language of who reads the console."""

from playwright.async_api import expect

from tests.e2e.test_dead_letters import given_up
from tests.ui.staff import Staff
from tests.ui.visit import violations


async def test_in_russian_a_dead_letter_and_a_diagnosis_are_told_in_russian(staff: Staff) -> None:
    product, page = staff.product, staff.page
    portal = await product.portal(users_count=2)
    portal_id = (await product.install(portal, [1]))["complete"]["portal_id"]
    item = await given_up(product, portal, portal_id, "ping")
    paused = await product.operate(f"/portals/{portal_id}/queues/delivery/pause", reason="the box is being mended")
    paused.raise_for_status()
    await page.get_by_role("button", name="Русский").click()

    await staff.go(f"/outbox?state=dead&portal_id={portal_id}")
    row = page.get_by_role("row").filter(has_text="ACCESS_DENIED")
    await expect(row).to_contain_text("Бота больше нет в этом чате. Делать ничего не нужно, пока его не пригласят")
    await staff.go(f"/outbox/{item['id']}")
    await expect(page.get_by_text("Бота больше нет в этом чате.")).to_be_visible()

    await staff.go(f"/portals/{portal_id}?tab=diagnostics")
    check = page.locator(".mantine-Accordion-item").filter(has_text="queue_moving")
    await expect(check).to_contain_text("Ответы отправляются")
    await expect(check).to_contain_text("Очередь delivery для этого портала поставлена на паузу")
    await expect(check).to_contain_text("the box is being mended Возобновите очередь")  # who paused it said why
    assert await violations(page.main_frame) == []


async def test_in_english_a_check_is_named_in_words_beside_its_code(staff: Staff) -> None:
    portal = await staff.product.portal(users_count=2)
    portal_id = (await staff.product.install(portal, [1]))["complete"]["portal_id"]

    await staff.open(f"/portals/{portal_id}?tab=diagnostics")

    check = staff.page.locator(".mantine-Accordion-item").filter(has_text="oauth_reachable")
    await expect(check).to_contain_text("The authorization server answers", timeout=30_000)
