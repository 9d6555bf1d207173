"""The life of a portal: the table of its states, walked at random, and what each event does to a real portal."""

import hashlib
from typing import Any
from uuid import UUID

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import text

from kit.rpc import peer_error
from portal import life
from portal.life import Move, State
from teachbase.portal.v1 import feed_pb2, install_pb2, tokens_pb2
from teachbase.portal.v1 import portal_pb2 as pb


class Life(RuleBasedStateMachine):
    """Any moves in any order, beside a few flags that say what must be so."""

    def __init__(self) -> None:
        super().__init__()
        self.state: State | None = None
        self.is_stopped = self.is_removed = self.is_lapsed = False

    @rule(move=st.sampled_from([Move.INSTALLED, Move.BEGUN]))
    def install(self, move: Move) -> None:
        self.state = life.after(move, self.state)
        self.is_removed = self.is_lapsed = False

    @precondition(lambda self: self.state is not None)
    @rule(move=st.sampled_from([Move.FINALIZED, Move.LAPSED, Move.PAID, Move.REMOVED]))
    def hear(self, move: Move) -> None:
        before = self.state
        self.state = life.after(move, before)
        if move is Move.REMOVED:
            self.is_removed, self.is_stopped = True, False
        if move is Move.LAPSED and self.state is State.PAYMENT_REQUIRED:
            self.is_lapsed = True
        if move is Move.PAID:
            self.is_lapsed = False
        assert life.after(move, self.state) is self.state, "a move told twice moves once"

    @precondition(lambda self: self.state not in {None, State.UNINSTALLED})
    @rule()
    def suspend(self) -> None:
        self.state, self.is_stopped = life.after(Move.SUSPENDED, self.state), True

    @invariant()
    def only_an_install_ends_a_removal(self) -> None:
        assert (self.state is State.UNINSTALLED) == self.is_removed

    @invariant()
    def nobody_but_the_vendor_resumes_what_the_vendor_stopped(self) -> None:
        assert (self.state is State.SUSPENDED) == self.is_stopped

    @invariant()
    def who_has_not_paid_is_not_served(self) -> None:
        assert not (self.is_lapsed and self.state is State.ACTIVE)


Life.TestCase.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)
TestLife = Life.TestCase


def test_the_table_names_known_states_only() -> None:
    assert set(life.TABLE) == set(Move)
    assert all(state in State for moves in life.TABLE.values() for state in (*moves, *moves.values()))


async def tell(service: Any, made: dict[str, Any], event: str, **said: Any) -> Any:
    request = {"member_id": made["member_id"], "event": event, "remote_ip": service.remote_ip, "is_proven": True}
    answer = await service.stub.HandleLifeCycle(feed_pb2.HandleLifeCycleRequest(**{**request, **said}))
    return answer.state


async def portal_of(service: Any, portal_id: str) -> pb.Portal:
    found: pb.Portal = (await service.stub.GetPortal(pb.GetPortalRequest(portal_id=portal_id))).portal
    return found


async def test_a_removal_ends_tokens_and_bot_and_a_reinstall_is_the_same_portal_anew(
    service: Any,
) -> None:
    made = await service.sim.portal(limits="off")
    first = await service.install(made)
    await service.sim.control("POST", f"/portals/{made['member_id']}/uninstall", {})

    states = [await tell(service, made, "ONAPPUNINSTALL") for _ in range(2)]
    gone = await portal_of(service, first.id)
    with pytest.raises(grpc.aio.AioRpcError) as no_token:
        await service.stub.GetAccessToken(tokens_pb2.GetAccessTokenRequest(portal_id=first.id))
    again = await service.install(made)

    assert states == [pb.PORTAL_STATE_UNINSTALLED] * 2
    assert (gone.bot.id, gone.bot.state) == (0, pb.BOT_STATE_MISSING)
    assert peer_error("portal", no_token.value).reason == "NO_CREDENTIAL"
    assert (again.id, again.state) == (first.id, pb.PORTAL_STATE_INSTALLING)
    assert again.bot.state == pb.BOT_STATE_REGISTERED
    assert again.bot.id != first.bot.id


async def test_a_removal_with_deletion_forgets_people_and_is_told_and_reported_once(service: Any) -> None:
    made = await service.sim.portal(limits="off")
    installed = await service.install(made)
    portal_id = UUID(installed.id)
    await service.stub.FinalizeInstall(
        install_pb2.FinalizeInstallRequest(portal_id=installed.id, user_ids=[1, 2, 3])
    )
    before = await service.rows("SELECT max(id) AS id FROM portal_changes")

    for _ in range(2):
        await tell(service, made, "ONAPPUNINSTALL", clean=True)
        service.clock.advance(60)
    async for page in service.stub.WatchPortals(feed_pb2.WatchPortalsRequest(cursor=before[0].id)):
        (change,) = page.changes
        break
    said = {"portal_id": installed.id, "asked_at": change.purge_asked_at, "context": "messaging"}
    for count in (7, 0):
        await service.stub.ReportPurge(feed_pb2.ReportPurgeRequest(**said, deleted={"messages": count}))

    assert (change.state, list(change.access.user_ids)) == (pb.PORTAL_STATE_UNINSTALLED, [])
    written = "SELECT * FROM deletion_reports WHERE portal_id = :id ORDER BY context"
    lines = await service.rows(written, id=portal_id)
    assert [(line.context, line.deleted) for line in lines] == [
        ("messaging", {"messages": 7}),
        ("portal", {"portal_tokens": 1, "portal_users_access": 3}),
    ]
    asked_at = lines[0].asked_at
    assert await service.deletions.is_genuine(portal_id, asked_at, "messaging")
    async with service.engine.begin() as conn:
        forge = text("UPDATE deletion_reports SET deleted = '{}' WHERE portal_id = :id")
        await conn.execute(forge, {"id": portal_id})
    assert not await service.deletions.is_genuine(portal_id, asked_at, "messaging")


async def test_a_portal_that_comes_back_is_not_purged(service: Any) -> None:
    made = await service.sim.portal(limits="off")
    await service.install(made)
    await tell(service, made, "ONAPPUNINSTALL", clean=True)
    before = await service.rows("SELECT max(id) AS id FROM portal_changes")

    await service.install(made)

    async for page in service.stub.WatchPortals(feed_pb2.WatchPortalsRequest(cursor=before[0].id)):
        assert not page.changes[0].HasField("purge_asked_at")
        break


async def test_an_event_that_nothing_proves_removes_nothing(service: Any) -> None:
    made = await service.sim.portal(limits="off")
    installed = await service.install(made)

    state = await tell(service, made, "ONAPPUNINSTALL", is_proven=False)

    assert state == pb.PORTAL_STATE_INSTALLING
    assert (await portal_of(service, installed.id)).bot.id


async def test_an_install_told_by_an_event_is_verified_and_learned_with_its_token(
    service: Any,
) -> None:
    made, forged = await service.sim.portal(limits="off"), await service.sim.portal(limits="off")
    claim = await service.claim(made)
    said = {
        "is_proven": False,
        "access_token": claim.access_token,
        "refresh_token": claim.refresh_token,
        "expires_in": 3600,
        "application_token_hash": hashlib.sha256(b"from the event").digest(),
    }

    state = await tell(service, made, "ONAPPINSTALL", **said)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await tell(service, forged, "ONAPPINSTALL", **said)

    assert state == pb.PORTAL_STATE_INSTALLING
    assert peer_error("portal", refused.value).reason == "INSTALL_NOT_VERIFIED"
    hashes = await service.rows(
        "SELECT token_hash, bot_id FROM portal_application_tokens JOIN portals ON id = portal_id "
        "WHERE member_id = :member_id",
        member_id=made["member_id"],
    )
    assert [(row.token_hash, row.bot_id > 0) for row in hashes] == [(said["application_token_hash"], True)]


async def test_a_lapsed_subscription_stops_a_portal_and_a_paid_one_starts_it_again(service: Any) -> None:
    made = await service.sim.portal(limits="off")
    installed = await service.install(made)
    await service.stub.FinalizeInstall(install_pb2.FinalizeInstallRequest(portal_id=installed.id, user_ids=[1]))
    faults = f"/portals/{made['member_id']}/faults"
    await service.sim.control("PUT", faults, [{"kind": "payment_required", "method": "app.info"}])

    lapsed = await tell(service, made, "ONAPPPAYMENT", is_proven=False)
    await service.sim.control("PUT", faults, [])
    with pytest.raises(grpc.aio.AioRpcError) as too_soon:
        await tell(service, made, "ONAPPPAYMENT", is_proven=False)
    service.clock.advance(61)
    paid = await tell(service, made, "ONAPPPAYMENT", is_proven=False)

    assert (lapsed, paid) == (pb.PORTAL_STATE_PAYMENT_REQUIRED, pb.PORTAL_STATE_ACTIVE)
    refusal = peer_error("portal", too_soon.value)
    assert (refusal.reason, refusal.is_transient) == ("LOOKED_LATELY", True)


async def test_a_removal_of_an_earlier_install_does_not_end_the_one_there_is(service: Any) -> None:
    made = await service.sim.portal(limits="off")
    first = await service.install(made)
    received_at = Timestamp()
    received_at.FromDatetime(service.clock())
    service.clock.advance(5)
    await service.install(made)

    by_time = await tell(service, made, "ONAPPUNINSTALL", clean=True, received_at=received_at)
    other = hashlib.sha256(b"the application token of the install before").digest()
    by_token = await tell(service, made, "ONAPPUNINSTALL", clean=True, application_token_hash=other)

    alive = await portal_of(service, first.id)
    assert pb.PORTAL_STATE_UNINSTALLED not in {by_time, by_token, alive.state}
    assert alive.bot.state == pb.BOT_STATE_REGISTERED


@pytest.mark.parametrize("bots_v2", [True, False])
async def test_a_bot_that_was_deleted_stays_away_until_it_is_set_up_again(service: Any, bots_v2: bool) -> None:
    made = await service.sim.portal(limits="off", bots_v2=bots_v2)
    installed = await service.install(made)
    await unregister(service, made, installed)

    await tell(service, made, "ONIMBOTV2DELETE" if bots_v2 else "ONIMBOTDELETE")
    service.clock.advance(600)
    await service.bots.sweep()

    after = await portal_of(service, installed.id)
    assert (after.bot.id, after.bot.state, after.bot.error_code) == (0, pb.BOT_STATE_FAILED, "BOT_DELETED")
    again = (await service.stub.EnsureBot(pb.EnsureBotRequest(portal_id=installed.id))).bot
    assert (again.state, again.id > installed.bot.id) == (pb.BOT_STATE_REGISTERED, True)


async def test_the_end_of_an_earlier_bot_does_not_end_the_one_there_is(service: Any) -> None:
    made = await service.sim.portal(limits="off")
    installed = await service.install(made)

    await tell(service, made, "ONIMBOTV2DELETE")

    assert (await portal_of(service, installed.id)).bot == installed.bot


async def unregister(service: Any, made: Any, installed: Any) -> None:
    """An administrator of the portal deletes the bot."""
    asked = tokens_pb2.GetAccessTokenRequest(portal_id=installed.id)
    made["admin"]["access_token"] = (await service.stub.GetAccessToken(asked)).token.access_token
    if installed.bot.api == pb.BOT_API_V1:
        await service.sim.result(made, "imbot.unregister", BOT_ID=installed.bot.id)
    else:
        await service.sim.result(made, "imbot.v2.Bot.unregister", botId=installed.bot.id)


async def test_a_test_event_proves_the_portal_alive(service: Any) -> None:
    made = await service.sim.portal(limits="off")
    installed = await service.install(made)
    service.clock.advance(3600)

    await tell(service, made, "ONAPPTEST")

    proven = (await portal_of(service, installed.id)).last_proven_alive_at
    assert proven.ToDatetime().hour == 13
