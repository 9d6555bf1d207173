"""A renamed portal: its new address is believed when the OAuth server says so, and told to the followers."""

from typing import Any
from uuid import uuid4

from teachbase.portal.v1 import feed_pb2, tokens_pb2
from teachbase.portal.v1 import portal_pb2 as pb


async def rename(service: Any, made: dict[str, Any]) -> str:
    domain = f"{uuid4().hex}.bitrix24.ru"
    await service.sim.control("POST", f"/portals/{made['member_id']}/rename", {"domain": domain})
    return domain


async def test_a_call_to_a_renamed_portal_succeeds_and_its_address_is_kept_and_told(service: Any) -> None:
    made = await service.sim.portal(limits="off")
    installed = await service.install(made)
    before = await service.rows("SELECT max(id) AS id FROM portal_changes")
    domain = await rename(service, made)

    bot = (await service.stub.EnsureBot(pb.EnsureBotRequest(portal_id=installed.id))).bot

    assert bot.state == pb.BOT_STATE_REGISTERED
    token = (await service.stub.GetAccessToken(tokens_pb2.GetAccessTokenRequest(portal_id=installed.id))).token
    assert domain in token.client_endpoint
    async for page in service.stub.WatchPortals(feed_pb2.WatchPortalsRequest(cursor=before[0].id)):
        assert [change.domain for change in page.changes] == [domain]
        break


async def test_an_expired_token_is_refreshed_to_confirm_an_address(service: Any) -> None:
    made = await service.sim.portal(limits="off")
    installed = await service.install(made)
    domain = await rename(service, made)
    fault = {"kind": "expired_token", "count": 1}
    await service.sim.control("PUT", f"/portals/{made['member_id']}/faults", [fault])
    token = (await service.stub.GetAccessToken(tokens_pb2.GetAccessTokenRequest(portal_id=installed.id))).token
    await service.sim.http.post(
        f"{service.sim.url}/portals/{domain}/rest/profile", json={"auth": token.access_token}
    )

    confirmed = await service.stub.ConfirmEndpoint(tokens_pb2.ConfirmEndpointRequest(portal_id=installed.id))

    assert domain in confirmed.client_endpoint
