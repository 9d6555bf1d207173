"""The console's session in a real browser: it outlives a reload, and nobody else can use it."""

import asyncio

from playwright.async_api import Route, expect

from tests.e2e.product import eventually
from tests.ui.staff import FIRST, OWN, Staff
from tests.ui.visit import violations

SIGNED_OUT = "401"


def forgive(newcomer: Staff) -> None:
    """A browser writes of every 401 that a page meets; here it is what was wanted."""
    newcomer.mistakes[:] = [line for line in newcomer.mistakes if SIGNED_OUT not in line]


async def test_a_reload_and_a_new_tab_go_on_signed_in(newcomer: Staff) -> None:
    page = newcomer.page
    await page.get_by_role("link", name="Audit log").click()

    await page.reload()

    await expect(page.get_by_role("heading", name="Audit log")).to_be_visible()
    tab = await page.context.new_page()
    await tab.goto(f"{newcomer.product.url}/admin/portals")
    await expect(tab.get_by_role("heading", name="Portals")).to_be_visible()
    await tab.close()
    stored = await page.evaluate("JSON.stringify({...localStorage, ...sessionStorage}) + document.cookie")
    cookies = {one["name"]: one for one in await page.context.cookies(f"{newcomer.product.url}/v1/admin/auth")}
    refresh_token = cookies["tb_admin_refresh"]["value"]
    assert cookies["tb_admin_refresh"]["httpOnly"]
    assert cookies["tb_admin_refresh"]["sameSite"] == "Strict"
    assert refresh_token not in stored
    assert not await page.context.cookies(f"{newcomer.product.url}/v1/admin/portals")


async def test_reloads_one_upon_another_and_tabs_at_once_do_not_end_the_session(newcomer: Staff) -> None:
    page, url = newcomer.page, f"{newcomer.product.url}/admin/audit"
    for _ in range(3):
        async with page.expect_request("**/v1/admin/auth/refresh"):
            await page.reload(wait_until="commit")
        # And now the next one, in the middle of a renewal.

    tabs = [await page.context.new_page() for _ in range(3)]
    for tab in tabs:
        await tab.evaluate("url => { location.href = url }", url)
    for tab in (page, *tabs):
        await expect(tab.get_by_role("navigation")).to_be_visible()

    for tab in tabs:
        await tab.close()
    reused = (await newcomer.product.admin("/audit", action="session.reuse"))["items"]
    assert newcomer.email not in {one["email"] for one in reused}


async def test_a_renewal_that_takes_long_does_not_end_the_session_of_a_page_that_was_left(newcomer: Staff) -> None:
    page, product = newcomer.page, newcomer.product
    busy = asyncio.create_task(
        product.sql(
            "portal",
            "WITH held AS (SELECT s.id FROM admin_sessions s JOIN admin_users u ON u.id = s.admin_id"
            " WHERE u.email = $1 FOR UPDATE OF s) SELECT pg_sleep(7) FROM held",
            newcomer.email,
        )
    )

    async def is_held() -> bool:
        return bool(await product.sql("portal", "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'"))

    await eventually(is_held, what="a row that is held")
    for _ in range(2):
        async with page.expect_request("**/v1/admin/auth/refresh"):
            await page.reload(wait_until="commit")
    await busy

    await expect(page.get_by_role("navigation")).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("navigation")).to_be_visible()


async def test_a_renewal_whose_answer_is_lost_is_asked_for_again(newcomer: Staff) -> None:
    page, product, lost = newcomer.page, newcomer.product, []

    async def lose(route: Route) -> None:
        headers, body = await route.request.all_headers(), route.request.post_data_buffer
        lost.append(await product.http.post(route.request.url, headers=headers, content=body))
        await route.abort("connectionreset")

    await page.route("**/v1/admin/auth/refresh", lose, times=1)
    await page.reload()
    await page.get_by_role("button", name="Try again").click()

    await expect(page.get_by_role("navigation")).to_be_visible()
    assert [one.status_code for one in lost] == [200]
    newcomer.mistakes[:] = [line for line in newcomer.mistakes if "ERR_CONNECTION_RESET" not in line]


async def test_signing_out_ends_the_session_of_the_browser(newcomer: Staff) -> None:
    page = newcomer.page
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_label("E-mail")).to_be_visible()

    await page.reload()

    await expect(page.get_by_label("E-mail")).to_be_visible()
    assert not await page.context.cookies(f"{newcomer.product.url}/v1/admin/auth")
    assert await violations(page.main_frame) == []


async def test_a_tab_that_was_left_open_does_not_act_for_who_signed_in_after(newcomer: Staff) -> None:
    page, product = newcomer.page, newcomer.product
    other = Staff(product, await page.context.new_page(), f"other-{newcomer.email}")
    made = await product.operate("/users", email=other.email, role="owner", password=FIRST)
    assert made.status_code == 201, made.text
    await page.get_by_role("link", name="Audit log").click()
    await expect(page.get_by_role("heading", name="Audit log")).to_be_visible()
    await other.page.goto(f"{product.url}/admin/audit")
    await other.page.get_by_role("button", name="Sign out").click()
    await expect(other.page.get_by_label("E-mail")).to_be_visible()
    await other.choose_own_password()

    async with page.expect_event("load"):  # of what is loaded anew, as who signed in after
        await page.get_by_role("link", name="Dialogs").click()

    await expect(page.get_by_text(other.email)).to_be_visible()
    await expect(page.get_by_text(newcomer.email, exact=True)).to_have_count(0)
    reused = (await product.admin("/audit", action="session.reuse"))["items"]
    assert {one["email"] for one in reused}.isdisjoint({newcomer.email, other.email})
    await other.page.close()
    forgive(newcomer)


async def test_a_stolen_cookie_that_was_used_ends_the_session_at_the_next_reload(newcomer: Staff) -> None:
    page, product = newcomer.page, newcomer.product
    [cookie] = await page.context.cookies(f"{product.url}/v1/admin/auth")
    body = {"refresh_token": cookie["value"]}
    stolen = await product.http.post(f"{product.url}/v1/admin/auth/refresh", json=body)
    assert stolen.status_code == 200

    await page.reload()

    await expect(page.get_by_text("Your session has ended")).to_be_visible()
    robbed = {"authorization": f"Bearer {stolen.json()['access_token']}"}
    assert (await product.http.get(f"{product.url}/v1/admin/auth/me", headers=robbed)).status_code == 401
    reused = (await product.admin("/audit", action="session.reuse"))["items"]
    assert newcomer.email in {one["email"] for one in reused}
    forgive(newcomer)
    await newcomer.sign_in(OWN)
    await expect(page.get_by_role("navigation")).to_be_visible()


async def test_another_site_cannot_use_the_session(newcomer: Staff) -> None:
    page, refresh = newcomer.page, f"{newcomer.product.url}/v1/admin/auth/refresh"
    elsewhere = await page.context.new_page()
    html = f'<form method="post" action="{refresh}"><button>Win a prize</button></form>'
    await elsewhere.route(
        "http://elsewhere.test/", lambda route: route.fulfill(body=html, content_type="text/html")
    )
    await elsewhere.goto("http://elsewhere.test/")
    with_header = await elsewhere.evaluate(
        """url => fetch(url, {method: 'POST', credentials: 'include', headers: {'X-Teachbase-Console': '1'}})
            .then(answer => answer.status, () => 'refused')""",
        refresh,
    )

    async with elsewhere.expect_navigation() as gone:
        await elsewhere.get_by_role("button").click()
    answer = await gone.value
    await elsewhere.close()
    await page.reload()

    assert with_header == "refused"
    assert answer.status == 401  # the cookie does not even come
    await expect(page.get_by_role("navigation")).to_be_visible()
