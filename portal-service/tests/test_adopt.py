"""An application token learned from an event: only from one that the OAuth server vouches for."""

import hashlib
from typing import Any

import grpc
import pytest

from teachbase.portal.v1 import feed_pb2, tokens_pb2


def digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def event(service: Any, portal: dict[str, Any], token: str, user_id: int = 2, **changed: Any) -> None:
    """An event of `user_id` with that application token."""
    claim = await service.claim(portal, user_id)
    said = {
        "member_id": portal["member_id"],
        "access_token": claim.access_token,
        "application_token_hash": digest(token),
        "remote_ip": service.remote_ip,
    }
    await service.stub.AdoptApplicationToken(tokens_pb2.AdoptApplicationTokenRequest(**{**said, **changed}))


async def known(service: Any, portal_id: str) -> set[bytes]:
    rows = await service.rows(
        "SELECT token_hash FROM portal_application_tokens WHERE portal_id = CAST(:id AS uuid)", id=portal_id
    )
    return {row.token_hash for row in rows}


async def test_the_first_token_comes_from_anybodys_event_and_is_told_to_the_followers(service: Any) -> None:
    portal = await service.sim.portal()
    installed = await service.install(portal, application_token="")
    before = await service.rows("SELECT max(id) AS id FROM portal_changes")

    await event(service, portal, "secret")

    assert await known(service, installed.id) == {digest("secret")}
    async for page in service.stub.WatchPortals(feed_pb2.WatchPortalsRequest(cursor=before[0].id)):
        assert [list(change.application_token_hashes) for change in page.changes] == [[digest("secret")]]
        break


async def test_a_further_token_comes_from_an_administrator_only(service: Any) -> None:
    portal = await service.sim.portal()
    installed = await service.install(portal)
    first = await known(service, installed.id)

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await event(service, portal, "chosen by an employee")
    unchanged = await known(service, installed.id)
    await event(service, portal, "of the new version", user_id=1)

    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
    assert unchanged == first
    assert await known(service, installed.id) == {*first, digest("of the new version")}


@pytest.mark.parametrize("changed", [{"access_token": "guessed"}, {"member_id": "f" * 32}])
async def test_a_forged_event_teaches_nothing(service: Any, changed: dict[str, Any]) -> None:
    portal = await service.sim.portal()
    installed = await service.install(portal, application_token="")

    with pytest.raises(grpc.aio.AioRpcError):
        await event(service, portal, "forged", **changed)

    assert await known(service, installed.id) == set()


async def test_a_token_of_one_portal_teaches_another_nothing(service: Any) -> None:
    mine, yours = await service.sim.portal(), await service.sim.portal()
    await service.install(mine)
    victim = await service.install(yours, application_token="")
    stolen = await service.claim(mine)

    with pytest.raises(grpc.aio.AioRpcError, match="another portal"):
        await event(service, yours, "forged", access_token=stolen.access_token)

    assert await known(service, victim.id) == set()
