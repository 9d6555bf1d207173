"""An install that brings no application token: the bot answers all the same, from the first message on."""

from typing import Any

from tests.e2e.product import Product, eventually


async def test_the_first_message_teaches_the_application_token_and_is_answered(product: Product) -> None:
    portal = await product.portal(users_count=3, limits="off")
    opened = await product.sim("POST", f"/portals/{portal['member_id']}/open", user_id=1)
    form = {**opened["form"], **opened["query"], "APPLICATION_TOKEN": ""}
    completed = (await product.http.post(f"{product.url}/v1/bitrix/install/complete", data=form)).json()
    finalized = await product.http.post(
        f"{product.url}/v1/bitrix/install/finalize",
        json={"portal_id": completed["portal_id"], "selected_user_ids": [2]},
        headers={"authorization": f"Bearer {completed['portal_token']}"},
    )
    await product.sim("POST", f"/portals/{portal['member_id']}/install-finish")

    await product.write(portal, 2, "ping")

    async def pong() -> list[dict[str, Any]]:
        return [message for message in await product.visible(portal, "2") if message["text"] == "pong"]

    assert finalized.json()["status"] == "ok", finalized.text
    assert len(await eventually(pong, what="the answer")) == 1
