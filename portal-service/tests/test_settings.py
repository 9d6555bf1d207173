"""What a portal's administrator chooses, classic bots, fetch mode, departments."""

import asyncio
from typing import Any
from uuid import uuid4

import grpc
import orjson
import pytest

from teachbase.portal.v1 import feed_pb2, install_pb2, settings_pb2, tokens_pb2
from teachbase.portal.v1 import portal_pb2 as pb

WEBHOOK, FETCH = pb.EVENT_MODE_WEBHOOK, pb.EVENT_MODE_FETCH
DEPARTMENTS = pb.ACCESS_MODE_DEPARTMENTS


async def save(service: Any, portal_id: str, language: str = "ru", event_mode: Any = WEBHOOK, **more: Any) -> Any:
    settings = pb.PortalSettings(language=language, event_mode=event_mode)
    request = settings_pb2.SetSettingsRequest(portal_id=portal_id, settings=settings, **more)
    return (await service.settings.SetSettings(request)).portal


async def change_of(service: Any, portal_id: str) -> Any:
    """What the followers are told of a portal now."""
    newest = await service.rows("SELECT max(id) AS id FROM portal_changes WHERE portal_id = :id", id=portal_id)
    feed = service.stub.WatchPortals(feed_pb2.WatchPortalsRequest(cursor=newest[0].id - 1))
    return (await anext(aiter(feed))).changes[0]


async def test_settings_are_kept_told_and_audited_for_staff_only(service: Any) -> None:
    portal = await service.install(await service.sim.portal(limits="off"))
    before = portal.settings
    actor = pb.Actor(admin_id=str(uuid4()), remote_ip="203.0.113.7")

    await save(service, portal.id, "en")
    saved = await save(service, portal.id, "en", FETCH, actor=actor)

    assert (before.event_mode, saved.settings.language, saved.settings.event_mode) == (WEBHOOK, "en", FETCH)
    assert (await change_of(service, portal.id)).settings == saved.settings
    audited = await service.rows("SELECT action, before, after FROM audit_log WHERE portal_id = :id", id=portal.id)
    told = [(row.action, row.before["event_mode"], row.after["event_mode"]) for row in audited]
    assert told == [("portal.settings", "webhook", "fetch")]


async def test_the_portals_own_language_counts_until_one_is_chosen(service: Any) -> None:
    made = await service.sim.portal(limits="off", language="en")
    portal = await service.install(made)
    chosen = await save(service, portal.id, "ru")

    await service.stub.EnsureBot(pb.EnsureBotRequest(portal_id=portal.id))

    again = (await service.stub.GetPortal(pb.GetPortalRequest(portal_id=portal.id))).portal
    assert [one.settings.language for one in (portal, chosen, again)] == ["en", "ru", "ru"]


async def test_in_fetch_mode_events_are_asked_for_and_kept_until_the_next_offset(service: Any) -> None:
    made = await service.sim.portal(limits="off", installed=True)
    portal = await service.install(made)
    await save(service, portal.id, event_mode=FETCH)
    for text in ("раз", "два"):
        await service.sim.say(made, 2, text)

    async def fetch(offset: int) -> Any:
        request = feed_pb2.FetchEventsRequest(portal_id=portal.id, offset=offset, limit=100)
        return orjson.loads((await service.stub.FetchEvents(request)).page)

    first, again = await fetch(0), await fetch(0)
    after = await fetch(first["nextOffset"])

    texts = [event["data"]["message"]["text"] for event in first["events"] if "message" in event["data"]]
    assert texts == ["раз", "два"]
    assert again == first
    assert after["events"] == []


async def test_a_portal_without_bots_of_the_second_generation_gets_a_classic_one(service: Any) -> None:
    made = await service.sim.portal(limits="off", installed=True, bots_v2=False)

    portal = await service.install(made)
    again = (await service.stub.EnsureBot(pb.EnsureBotRequest(portal_id=portal.id))).bot
    token = (await service.stub.GetAccessToken(tokens_pb2.GetAccessTokenRequest(portal_id=portal.id))).token

    assert (portal.bot.state, portal.bot.error_code, portal.bot.api) == (
        pb.BOT_STATE_REGISTERED,
        "",
        pb.BOT_API_V1,
    )
    assert (again.id, token.bot_id, token.bot_api) == (portal.bot.id, portal.bot.id, pb.BOT_API_V1)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await save(service, portal.id, event_mode=FETCH)
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION


async def test_departments_are_listed_below_the_one_they_are_in(service: Any) -> None:
    portal = await service.install(await service.sim.portal(limits="off", users_count=60))

    answer = await service.settings.ListDepartments(settings_pb2.ListDepartmentsRequest(portal_id=portal.id))

    places = {one.id: place for place, one in enumerate(answer.departments)}
    assert len(places) > 2
    assert all(places[one.parent_id] < places[one.id] for one in answer.departments if one.parent_id)


async def test_who_is_within_a_department_that_has_access_has_it_too(service: Any) -> None:
    portal = await service.install(await service.sim.portal(limits="off", users_count=60))
    listed = await service.settings.ListDepartments(settings_pb2.ListDepartmentsRequest(portal_id=portal.id))
    top = next(one for one in listed.departments if not one.parent_id)
    access = pb.Access(mode=DEPARTMENTS, department_ids=[top.id])

    saved = (await service.stub.SetAccess(pb.SetAccessRequest(portal_id=portal.id, access=access))).portal

    reached = (await change_of(service, portal.id)).access.department_ids
    assert list(saved.access.department_ids) == [top.id]
    assert list(reached) == sorted(one.id for one in listed.departments)


async def test_without_the_right_to_read_departments_the_chosen_ones_have_access(service: Any) -> None:
    made = await service.sim.portal(limits="off")
    portal = await service.install(made)
    await service.sim.control("PATCH", f"/portals/{made['member_id']}", {"scope": "imbot,user_brief"})
    access = pb.Access(mode=DEPARTMENTS, department_ids=[5])

    await service.stub.SetAccess(pb.SetAccessRequest(portal_id=portal.id, access=access))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await service.settings.ListDepartments(settings_pb2.ListDepartmentsRequest(portal_id=portal.id))

    assert list((await change_of(service, portal.id)).access.department_ids) == [5]
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION


async def test_a_new_department_is_learned_without_anybody_telling_us(service: Any) -> None:
    made = await service.sim.portal(limits="off", users_count=60, installed=True)
    portal = await service.install(made)
    await service.stub.FinalizeInstall(install_pb2.FinalizeInstallRequest(portal_id=portal.id))
    access = pb.Access(mode=DEPARTMENTS, department_ids=[1])
    await service.sim.control("PATCH", f"/portals/{made['member_id']}", {"scope": "imbot"})
    await service.stub.SetAccess(pb.SetAccessRequest(portal_id=portal.id, access=access))
    await service.sim.control("PATCH", f"/portals/{made['member_id']}", {"scope": "imbot,department"})

    await service.departments.round()
    too_soon = list((await change_of(service, portal.id)).access.department_ids)
    service.clock.advance(3600)
    await service.departments.round()

    assert too_soon == [1]
    assert len((await change_of(service, portal.id)).access.department_ids) > 1


async def test_settings_changed_side_by_side_are_both_kept(service: Any) -> None:
    portal = await service.install(await service.sim.portal(limits="off"))
    fields: list[dict[str, Any]] = [{"language": "en", "event_mode": 0}, {"language": "", "event_mode": FETCH}]

    for _ in range(5):
        await save(service, portal.id, "ru", WEBHOOK)
        await asyncio.gather(*(save(service, portal.id, **given) for given in fields))

        now = (await service.stub.GetPortal(pb.GetPortalRequest(portal_id=portal.id))).portal.settings
        assert (now.language, now.event_mode) == ("en", FETCH)


async def test_until_the_bot_has_heard_of_the_way_back_its_events_are_still_asked_for(service: Any) -> None:
    made = await service.sim.portal(limits="off")
    portal = await service.install(made)
    await save(service, portal.id, event_mode=FETCH)
    faults = f"/portals/{made['member_id']}/faults"
    refused = [{"kind": "throttle_503", "method": f"imbot.v2.Bot.{name}"} for name in ("register", "update")]
    await service.sim.control("PUT", faults, refused)
    # Nobody waits for the portal here: what it refuses is stored.
    saving = await save(service, portal.id, event_mode=WEBHOOK)
    told = (await change_of(service, portal.id)).settings.event_mode

    await service.sim.control("PUT", faults, [])
    await service.redis.flushdb()  # the portal's brake
    service.clock.advance(61)
    await service.bots.sweep()

    assert (saving.settings.event_mode, told) == (WEBHOOK, FETCH)
    assert (await change_of(service, portal.id)).settings.event_mode == WEBHOOK


async def test_nothing_is_chosen_for_a_portal_that_is_gone(service: Any) -> None:
    made = await service.sim.portal(limits="off")
    portal = await service.install(made)
    removal = {"member_id": made["member_id"], "event": "ONAPPUNINSTALL", "is_proven": True}
    await service.stub.HandleLifeCycle(feed_pb2.HandleLifeCycleRequest(**removal))

    with pytest.raises(grpc.aio.AioRpcError) as settings:
        await save(service, portal.id, "en")
    access_of = pb.Access(mode=pb.ACCESS_MODE_LIST, user_ids=[2])
    with pytest.raises(grpc.aio.AioRpcError) as access:
        await service.stub.SetAccess(pb.SetAccessRequest(portal_id=portal.id, access=access_of))

    refused = [error.value.code() for error in (settings, access)]
    assert refused == [grpc.StatusCode.FAILED_PRECONDITION] * 2
    assert await service.rows("SELECT 1 FROM portal_users_access WHERE portal_id = :id", id=portal.id) == []
