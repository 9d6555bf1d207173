"""What an install leaves on the portal besides the bot: events of the application's life, and its rate budget."""

from typing import Any

import pytest

from bitrix.limiter import BUDGET_KEY
from teachbase.portal.v1 import portal_pb2 as pb
from teachbase.portal.v1 import tokens_pb2


async def test_events_are_bound_once_however_often_a_portal_is_set_up(service: Any) -> None:
    made = await service.sim.portal(limits="off")
    installed = await service.install(made)

    await service.stub.EnsureBot(pb.EnsureBotRequest(portal_id=installed.id))

    token = (await service.stub.GetAccessToken(tokens_pb2.GetAccessTokenRequest(portal_id=installed.id))).token
    made["admin"]["access_token"] = token.access_token
    bound = await service.sim.result(made, "event.get")
    ours = sorted(one["event"] for one in bound if one["event"].startswith("ONAPP"))
    assert ours == ["ONAPPPAYMENT", "ONAPPTEST", "ONAPPUNINSTALL", "ONAPPUPDATE"]
    assert {one["handler"] for one in bound} == {"https://ai.example.test/v1/bitrix/events"}
    places = await service.sim.result(made, "placement.get")
    assert sorted(one["placement"] for one in places) == ["IM_SIDEBAR", "LEFT_MENU"]
    assert {one["handler"] for one in places} == {"https://ai.example.test/v1/bitrix/placement"}


async def test_what_leads_to_an_earlier_address_of_ours_is_unbound(service: Any) -> None:
    made = await service.sim.portal(limits="off")
    installed = await service.install(made)
    old = "https://old.example.test/v1/bitrix"
    await service.sim.result(made, "event.bind", event="ONAPPTEST", handler=f"{old}/events")
    await service.sim.result(made, "placement.bind", PLACEMENT="LEFT_MENU", HANDLER=f"{old}/placement")

    await service.stub.EnsureBot(pb.EnsureBotRequest(portal_id=installed.id))

    bound = [
        one["handler"]
        for method in ("event.get", "placement.get")
        for one in await service.sim.result(made, method)
    ]
    assert not [handler for handler in bound if handler.startswith(old)]


async def test_a_placement_that_the_portal_refuses_costs_nothing_else(service: Any) -> None:
    made = await service.sim.portal(limits="off")
    await service.sim.control("PATCH", f"/portals/{made['member_id']}", {"scope": "imbot,placement,user_brief"})

    await service.install(made)

    places = await service.sim.result(made, "placement.get")
    bound = await service.sim.result(made, "event.get")
    assert [one["placement"] for one in places] == ["LEFT_MENU"]
    assert "ONAPPTEST" in [one["event"] for one in bound]


@pytest.mark.parametrize(("plan", "rate"), [("ru_basic", 1.9), ("ru_ent250", 4.75)])
async def test_a_portal_of_the_enterprise_plan_gets_its_budget(service: Any, plan: str, rate: float) -> None:
    made = await service.sim.portal(license=plan)

    await service.install(made)

    told = await service.redis.hget(BUDGET_KEY.format(member_id=made["member_id"]), "rate")
    assert float(told) == rate
