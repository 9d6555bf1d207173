"""Installs: what the OAuth server confirms is stored, and nothing else (contract 1.2, 1.5; traps 2, 3)."""

import asyncio
import hashlib
from typing import Any
from uuid import UUID

import grpc
import pytest
from sqlalchemy import text

from kit.errors import PeerError
from kit.rpc import peer_error
from portal.verify import FREE_FAILURES
from teachbase.portal.v1 import feed_pb2, install_pb2
from teachbase.portal.v1 import portal_pb2 as pb


def hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def refusal(call: Any) -> PeerError:
    """The error that a call must end in."""
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await call
    return peer_error("portal", failed.value)


async def test_a_verified_install_is_stored_with_its_bot(service: Any) -> None:
    made = await service.sim.portal(limits="off", domain="Romashka-Demo.bitrix24.ru")

    portal = await service.install(made)

    assert (portal.member_id, portal.domain) == (made["member_id"], "romashka-demo.bitrix24.ru")
    assert portal.state == pb.PORTAL_STATE_INSTALLING
    assert portal.bot.state == pb.BOT_STATE_REGISTERED
    bots = (await service.sim.control("GET", f"/portals/{made['member_id']}"))["bots"]
    assert [(bot["id"], bot["webhook_url"]) for bot in bots] == [
        (portal.bot.id, "https://ai.example.test/v1/bitrix/events")
    ]


async def test_a_repeated_install_keeps_the_id_and_the_bot(service: Any) -> None:
    made = await service.sim.portal(limits="off")

    first, again = await service.install(made), await service.install(made, member_id=made["member_id"].upper())

    assert (first.id, first.bot.id, first.created_at) == (again.id, again.bot.id, again.created_at)
    assert len((await service.sim.control("GET", f"/portals/{made['member_id']}"))["bots"]) == 1


@pytest.mark.parametrize("forged", ["unknown token", "another portal's token", "another application's token"])
async def test_a_forged_install_changes_nothing(service: Any, forged: str) -> None:
    victim, attacker = await service.sim.portal(limits="off"), await service.sim.portal(limits="off")
    await service.install(victim)
    before = await _stored(service, victim)
    claim = await service.claim(victim, application_token="attackers", domain="evil.example.test")
    if forged == "unknown token":
        claim.access_token = "deadbeef"
    if forged == "another portal's token":
        claim.access_token = attacker["admin"]["access_token"]
    if forged == "another application's token":
        service.oauth.client_id = "app.ours"  # the OAuth server says app.local.teachbase

    error = await refusal(service.stub.CompleteInstall(claim))

    assert (error.status, error.reason) == (grpc.StatusCode.PERMISSION_DENIED, "INSTALL_NOT_VERIFIED")
    assert await _stored(service, victim) == before


async def test_who_is_no_administrator_cannot_install(service: Any) -> None:
    made = await service.sim.portal(limits="off", users_count=3)

    error = await refusal(service.stub.CompleteInstall(await service.claim(made, user_id=2)))

    assert (error.status, error.reason) == (grpc.StatusCode.PERMISSION_DENIED, "NOT_AN_ADMIN")
    assert await _stored(service, made) == []


@pytest.mark.parametrize("kind", ["http_502_html", "throttle_503", "payment_required", "close_before"])
async def test_while_the_portal_does_not_say_who_is_an_administrator_the_caller_may_try_again(
    service: Any, kind: str
) -> None:
    made = await service.sim.portal(limits="off")
    faults = [{"method": method, "kind": kind, "count": 1} for method in ("user.admin", "profile")]
    await service.sim.control("PUT", f"/portals/{made['member_id']}/faults", faults)

    error = await refusal(service.stub.CompleteInstall(await service.claim(made)))
    stored = await _stored(service, made)
    portal = await service.install(made)

    assert (error.status, error.reason) == (grpc.StatusCode.UNAVAILABLE, "RIGHTS_UNKNOWN")
    assert stored == []
    assert portal.bot.state == pb.BOT_STATE_REGISTERED


async def test_one_of_two_methods_that_know_the_administrators_is_enough(service: Any) -> None:
    made = await service.sim.portal(limits="off", users_count=3)
    faults = [{"method": "user.admin", "kind": "http_502_html", "count": 2}]
    await service.sim.control("PUT", f"/portals/{made['member_id']}/faults", faults)

    portal = await service.install(made)
    error = await refusal(service.stub.CompleteInstall(await service.claim(made, user_id=2)))

    assert portal.bot.state == pb.BOT_STATE_REGISTERED
    assert error.reason == "NOT_AN_ADMIN"


async def test_a_source_that_forges_is_told_to_wait_and_an_install_that_verifies_is_not(service: Any) -> None:
    made = await service.sim.portal(limits="off")
    forged = await service.claim(made, access_token="forged")

    refused = [await refusal(service.stub.CompleteInstall(forged)) for _ in range(FREE_FAILURES + 3)]
    portal = await service.install(made)
    forged.remote_ip = "elsewhere"
    elsewhere = await refusal(service.stub.CompleteInstall(forged))

    assert [error.reason for error in refused] == ["INSTALL_NOT_VERIFIED"] * FREE_FAILURES + [
        "TOO_MANY_ATTEMPTS"
    ] * 3
    assert all(0 < int(error.detail["retry_after_s"]) <= 60 for error in refused[FREE_FAILURES:])
    assert portal.bot.state == pb.BOT_STATE_REGISTERED
    assert elsewhere.reason == "INSTALL_NOT_VERIFIED"


async def test_in_a_flood_of_forgeries_an_install_from_the_same_address_is_let_in(service: Any) -> None:
    made = await service.sim.portal(limits="off")
    forged = await service.claim(made, access_token="forged")
    for _ in range(FREE_FAILURES):
        await refusal(service.stub.CompleteInstall(forged))
    flood = [asyncio.create_task(refusal(service.stub.CompleteInstall(forged))) for _ in range(20)]
    await asyncio.sleep(0.1)

    portal = await service.install(made)

    assert portal.bot.state == pb.BOT_STATE_REGISTERED
    assert {error.reason for error in await asyncio.gather(*flood)} == {"TOO_MANY_ATTEMPTS"}


async def test_while_the_oauth_server_is_away_nothing_is_stored_and_the_caller_may_try_again(service: Any) -> None:
    made = await service.sim.portal(limits="off")
    claim = await service.claim(made)
    service.oauth._base_url = "http://127.0.0.1:1"

    error = await refusal(service.stub.CompleteInstall(claim))

    assert (error.status, error.reason) == (grpc.StatusCode.UNAVAILABLE, "OAUTH_UNAVAILABLE")
    assert await _stored(service, made) == []


async def test_two_application_tokens_overlap_and_the_third_drops_the_first(service: Any) -> None:
    made = await service.sim.portal(limits="off")
    valid = []

    for token in ("first", "second", "third", "second"):
        portal = await service.install(made, application_token=token)
        service.clock.advance(1)
        valid.append(set((await _change(service, portal)).application_token_hashes))

    assert valid == [
        {hashed("first")},
        {hashed("first"), hashed("second")},
        {hashed("second"), hashed("third")},
        {hashed("second"), hashed("third")},
    ]


async def test_no_table_holds_a_token_in_plain(service: Any) -> None:
    made = await service.sim.portal(limits="off")
    claim = await service.claim(made)
    await service.stub.CompleteInstall(claim)
    secrets = [claim.access_token, claim.refresh_token, claim.application_token]

    tables = await service.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'portal'")

    assert len(tables) >= 7
    for (table,) in tables:
        rows = await service.rows(f"SELECT CAST({table} AS text) FROM portal.{table}")
        stored = "\n".join(row[0] for row in rows)
        assert [name for name in secrets if name in stored or name.encode().hex() in stored] == [], table


async def test_the_bot_is_brought_up_to_date_each_time(service: Any) -> None:
    made = await service.sim.portal(limits="off")
    await service.sim.bot(made, "https://old.example.test/events")

    portal = await service.install(made)

    bot = (await service.sim.control("GET", f"/portals/{made['member_id']}"))["bots"][0]
    assert (bot["id"], bot["webhook_url"]) == (portal.bot.id, "https://ai.example.test/v1/bitrix/events")


async def test_a_bot_that_is_refused_is_stored_with_its_code_and_tried_again(service: Any) -> None:
    made = await service.sim.portal(limits="off")
    fault = {"method": "imbot.v2.Bot.register", "kind": "payment_required", "count": 1}
    await service.sim.control("PUT", f"/portals/{made['member_id']}/faults", [fault])

    portal = await service.install(made)
    ensured = (await service.stub.EnsureBot(pb.EnsureBotRequest(portal_id=portal.id))).bot

    assert (portal.bot.state, portal.bot.id, portal.bot.error_code) == (pb.BOT_STATE_FAILED, 0, "PAYMENT_REQUIRED")
    assert ensured.state == pb.BOT_STATE_REGISTERED
    assert ensured.id > 0


async def test_a_portal_whose_token_cannot_be_opened_does_not_keep_the_sweep_from_the_others(
    service: Any,
) -> None:
    portals = []
    for _ in range(3):
        made = await service.sim.portal(limits="off")
        fault = {"method": "imbot.v2.Bot.register", "kind": "payment_required", "count": 1}
        await service.sim.control("PUT", f"/portals/{made['member_id']}/faults", [fault])
        portals.append(await service.install(made))
        service.clock.advance(1)
    async with service.engine.begin() as conn:
        spoil = text("UPDATE portal_tokens SET access_token = '' WHERE portal_id = :id")
        await conn.execute(spoil, {"id": UUID(portals[0].id)})
    service.clock.advance(120)

    await service.bots.sweep()

    asked = [pb.GetPortalRequest(portal_id=portal.id) for portal in portals]
    states = [(await service.stub.GetPortal(request)).portal.bot.state for request in asked]
    assert states == [pb.BOT_STATE_FAILED, pb.BOT_STATE_REGISTERED, pb.BOT_STATE_REGISTERED]


async def test_finalizing_saves_who_may_talk_and_makes_the_portal_active(service: Any) -> None:
    portal = await service.install(await service.sim.portal(limits="off"))
    request = install_pb2.FinalizeInstallRequest(portal_id=portal.id, user_ids=[3, 1, 3])

    first = (await service.stub.FinalizeInstall(request)).portal
    again = (await service.stub.FinalizeInstall(request)).portal

    assert first.state == pb.PORTAL_STATE_ACTIVE
    assert list(first.access.user_ids) == list(again.access.user_ids) == [1, 3]


async def test_the_feed_tells_each_portal_with_its_newest_state(service: Any) -> None:
    portal = await service.install(await service.sim.portal(limits="off"))
    await service.stub.FinalizeInstall(install_pb2.FinalizeInstallRequest(portal_id=portal.id, user_ids=[1]))
    behind = await _change(service, portal)
    following = asyncio.create_task(_until(service, portal, lambda change: list(change.access.user_ids) == [1, 2]))

    access = pb.Access(mode=pb.ACCESS_MODE_LIST, user_ids=[2, 1])
    await service.stub.SetAccess(pb.SetAccessRequest(portal_id=portal.id, access=access))

    assert (behind.state, behind.bot_id) == (pb.PORTAL_STATE_ACTIVE, portal.bot.id)
    assert (await following).state == pb.PORTAL_STATE_ACTIVE


async def _change(service: Any, portal: pb.Portal) -> feed_pb2.PortalChange:
    """The portal as a follower that begins now is told it."""
    return await _until(service, portal, lambda _change: True)


async def _until(service: Any, portal: pb.Portal, wanted: Any) -> feed_pb2.PortalChange:
    async with asyncio.timeout(10):
        async for page in service.stub.WatchPortals(feed_pb2.WatchPortalsRequest(cursor=0)):
            for change in page.changes:
                if change.portal_id == portal.id and wanted(change):
                    found: feed_pb2.PortalChange = change
                    return found
    raise AssertionError("the feed ended")


async def _stored(service: Any, made: dict[str, Any]) -> list[Any]:
    rows: list[Any] = await service.rows(
        """
        SELECT p.*, t.access_token, t.refresh_token, t.generation, t.state AS token_state, a.token_hash
        FROM portals AS p LEFT JOIN portal_tokens AS t ON t.portal_id = p.id
        LEFT JOIN portal_application_tokens AS a ON a.portal_id = p.id
        WHERE p.member_id = :member_id ORDER BY t.user_id, a.token_hash
        """,
        member_id=made["member_id"],
    )
    return rows
