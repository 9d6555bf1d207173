"""Credentials: one refresh however many ask, a dead one replaced by a live one (contract 2.3, 2.4)."""

import asyncio
from typing import Any

import grpc
import pytest

from kit.errors import PeerError
from kit.rpc import peer_error
from teachbase.portal.v1 import portal_pb2 as pb
from teachbase.portal.v1 import tokens_pb2


async def current(service: Any, portal: pb.Portal) -> tokens_pb2.AccessToken:
    token: tokens_pb2.AccessToken = (
        await service.stub.GetAccessToken(tokens_pb2.GetAccessTokenRequest(portal_id=portal.id))
    ).token
    return token


async def refresh(service: Any, portal: pb.Portal, refused: int) -> tokens_pb2.AccessToken:
    request = tokens_pb2.RefreshAccessTokenRequest(portal_id=portal.id, refused_generation=refused)
    token: tokens_pb2.AccessToken = (await service.stub.RefreshAccessToken(request)).token
    return token


async def refusal(call: Any) -> PeerError:
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await call
    return peer_error("portal", failed.value)


async def refreshes(service: Any, made: dict[str, Any]) -> int:
    counts = (await service.sim.control("GET", f"/portals/{made['member_id']}"))["counts"]
    return int(counts.get("refreshes", 0))


async def test_a_hundred_refusals_of_one_token_are_one_refresh(service: Any) -> None:
    made = await service.sim.portal(limits="off")
    portal = await service.install(made)
    refused = await current(service, portal)

    tokens = await asyncio.gather(*(refresh(service, portal, refused.generation) for _ in range(100)))

    assert await refreshes(service, made) == 1
    assert len({token.access_token for token in tokens}) == 1
    assert tokens[0].access_token != refused.access_token
    assert tokens[0].generation > refused.generation
    made["admin"]["access_token"] = tokens[0].access_token
    assert (await service.sim.call(made, "profile")).status_code == 200


async def test_a_refusal_told_late_is_answered_without_a_refresh(service: Any) -> None:
    made = await service.sim.portal(limits="off")
    portal = await service.install(made)
    refused = await current(service, portal)
    renewed = await refresh(service, portal, refused.generation)

    late = await refresh(service, portal, refused.generation)

    assert late == renewed
    assert await refreshes(service, made) == 1


async def test_a_refused_refresh_ends_the_credential_and_another_live_one_is_used(service: Any) -> None:
    users = [{"id": number, "name": "А", "last_name": "Б", "admin": True} for number in (1, 2)]
    made = await service.sim.portal(limits="off", users=users)
    portal = await service.install(made, user_id=2)
    service.clock.advance(1)
    await service.install(made, user_id=1, refresh_token="revoked")
    newest = await current(service, portal)

    token = await refresh(service, portal, newest.generation)

    states = await service.rows(
        "SELECT user_id, state FROM portal_tokens WHERE portal_id = CAST(:id AS uuid) ORDER BY user_id",
        id=portal.id,
    )
    assert [tuple(row) for row in states] == [(1, "dead"), (2, "live")]
    assert token.generation > newest.generation
    made["admin"]["access_token"] = token.access_token
    assert (await service.sim.result(made, "profile"))["ID"] == "2"


async def test_without_any_live_credential_an_administrator_is_needed(service: Any) -> None:
    portal = await service.install(await service.sim.portal(limits="off"), refresh_token="revoked")
    refused = await current(service, portal)

    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await refresh(service, portal, refused.generation)

    error = peer_error("portal", failed.value)
    assert (error.status, error.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "NO_CREDENTIAL")


async def test_while_the_oauth_server_is_away_the_credential_is_kept(service: Any) -> None:
    made = await service.sim.portal(limits="off")
    portal = await service.install(made)
    refused = await current(service, portal)
    server, service.oauth._base_url = service.oauth._base_url, "http://127.0.0.1:1"

    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await refresh(service, portal, refused.generation)
    service.oauth._base_url = server
    renewed = await refresh(service, portal, refused.generation)

    error = peer_error("portal", failed.value)
    assert (error.status, error.reason) == (grpc.StatusCode.UNAVAILABLE, "OAUTH_UNAVAILABLE")
    assert renewed.generation > refused.generation
    assert await refreshes(service, made) == 1


async def test_a_refusal_that_may_pass_is_told_with_its_code_and_not_asked_for_again_for_a_while(
    service: Any,
) -> None:
    portal = await service.install(await service.sim.portal(limits="off"))
    refused = await current(service, portal)
    secret, service.oauth._client_secret = service.oauth._client_secret, "wrong"

    first = await refusal(refresh(service, portal, refused.generation))
    service.clock.advance(int(first.detail["retry_after_s"]))
    second = await refusal(refresh(service, portal, refused.generation))
    service.oauth._client_secret = secret
    remembered = [
        await refusal(refresh(service, portal, refused.generation)),
        await refusal(current(service, portal)),
    ]
    service.clock.advance(int(second.detail["retry_after_s"]))
    renewed = await refresh(service, portal, refused.generation)

    for error in (first, second, *remembered):
        assert (error.status, error.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "TOKEN_REFUSED")
        assert (error.detail["kind"], error.detail["code"]) == ("uninstalled", "INVALID_CLIENT")
        assert error.detail["portal_id"] == portal.id
    assert 60 <= int(first.detail["retry_after_s"]) < int(second.detail["retry_after_s"]) <= 121
    assert renewed.generation > refused.generation


async def test_an_install_ends_what_was_remembered_of_a_refusal(service: Any) -> None:
    made = await service.sim.portal(limits="off")
    portal = await service.install(made)
    secret, service.oauth._client_secret = service.oauth._client_secret, "wrong"
    await refusal(refresh(service, portal, (await current(service, portal)).generation))
    service.oauth._client_secret = secret

    again = await service.install(made)

    assert again.bot.state == pb.BOT_STATE_REGISTERED
    assert (await current(service, portal)).access_token


async def test_a_page_without_a_refresh_token_leaves_the_one_that_is_there(service: Any) -> None:
    made = await service.sim.portal(limits="off")
    portal = await service.install(made)
    await service.install(made, refresh_token="")
    newest = await current(service, portal)

    renewed = await refresh(service, portal, newest.generation)

    assert renewed.generation > newest.generation
    assert await refreshes(service, made) == 1


async def test_without_any_refresh_token_an_administrator_is_needed(service: Any) -> None:
    made = await service.sim.portal(limits="off")
    portal = await service.install(made, refresh_token="")
    newest = await current(service, portal)

    error = await refusal(refresh(service, portal, newest.generation))

    assert error.reason == "NO_CREDENTIAL"


async def test_the_worker_refreshes_by_itself_when_a_call_of_its_own_is_refused(service: Any) -> None:
    made = await service.sim.portal(limits="off")
    portal = await service.install(made)
    fault = {"method": "imbot.v2.Bot.update", "kind": "expired_token", "count": 1}
    await service.sim.control("PUT", f"/portals/{made['member_id']}/faults", [fault])

    bot = (await service.stub.EnsureBot(pb.EnsureBotRequest(portal_id=portal.id))).bot

    assert bot.state == pb.BOT_STATE_REGISTERED
    assert await refreshes(service, made) == 1
