"""What an install leaves on the portal besides the bot: events of the application's life, and its rate budget."""

from typing import Any

import pytest

from bitrix.limiter import BUDGET_KEY
from teachbase.portal.v1 import portal_pb2 as pb


async def test_events_are_bound_once_however_often_a_portal_is_set_up(service: Any) -> None:
    made = await service.sim.portal(limits="off")
    installed = await service.install(made)

    await service.stub.EnsureBot(pb.EnsureBotRequest(portal_id=installed.id))

    token = (await service.stub.GetAccessToken(pb.GetAccessTokenRequest(portal_id=installed.id))).token
    made["admin"]["access_token"] = token.access_token
    bound = await service.sim.result(made, "event.get")
    assert sorted(one["event"] for one in bound) == ["ONAPPPAYMENT", "ONAPPTEST", "ONAPPUNINSTALL", "ONAPPUPDATE"]
    assert {one["handler"] for one in bound} == {"https://ai.example.test/v1/bitrix/events"}


@pytest.mark.parametrize(("plan", "rate"), [("ru_basic", 1.9), ("ru_ent250", 4.75)])
async def test_a_portal_of_the_enterprise_plan_gets_its_budget(service: Any, plan: str, rate: float) -> None:
    made = await service.sim.portal(license=plan)

    await service.install(made)

    told = await service.redis.hget(BUDGET_KEY.format(member_id=made["member_id"]), "rate")
    assert float(told) == rate
