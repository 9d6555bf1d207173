"""The application is removed and installed again: the same portal, served again, nothing of its own lost."""

from typing import Any

from tests.e2e.product import Product, eventually


async def status(product: Product, portal: dict[str, Any]) -> str:
    found = await product.admin("/portals", query=portal["member_id"])
    return str(found["items"][0]["status"])


async def test_a_removed_application_is_silent_and_a_reinstalled_one_answers(product: Product) -> None:
    portal = await product.portal(users_count=3, limits="off")
    first = await product.install(portal, [2])

    await product.sim("POST", f"/portals/{portal['member_id']}/uninstall", clean=False)

    async def is_uninstalled() -> bool:
        return await status(product, portal) == "uninstalled"

    await eventually(is_uninstalled, what="the removal")
    again = await product.install(portal, [2])
    await product.write(portal, 2, "ping")

    async def pong() -> bool:
        return any(one["text"] == "pong" for one in await product.visible(portal, "2"))

    await eventually(pong, what="an answer after the reinstall")
    assert again["complete"]["portal_id"] == first["complete"]["portal_id"]
    assert await status(product, portal) == "active"


async def test_a_removal_with_deletion_leaves_nothing_that_people_wrote(product: Product) -> None:
    portal = await product.portal(users_count=3, limits="off")
    portal_id = (await product.install(portal, [2]))["complete"]["portal_id"]
    await product.write(portal, 2, "ping")

    async def rows() -> dict[str, int]:
        paths = ("/messages", "/dialogs", "/events", "/outbox", "/inbound-events")
        return {path: len((await product.admin(path, portal_id=portal_id))["items"]) for path in paths}

    async def are_all_there() -> bool:
        return min((await rows()).values()) > 0

    async def is_clean() -> bool:
        return not any((await rows()).values())

    await eventually(are_all_there, what="something to delete")
    await product.sim("POST", f"/portals/{portal['member_id']}/uninstall", clean=True)

    await eventually(is_clean, 40, "the deletion")
    assert await status(product, portal) == "uninstalled"
