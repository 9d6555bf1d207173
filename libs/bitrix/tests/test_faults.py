"""Whatever a portal does, the client keeps to the bucket, refreshes no more than it must, and tells no lies."""

import asyncio
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bitrix.client import Answer, Call
from bitrix.errors import BitrixError
from bitrix.limiter import Budget

from .conftest import World

SEND = "imbot.v2.Chat.Message.send"
LIMITS = {"rate": 20, "burst": 10}
OURS = Budget(rate=19, burst=9)
PATIENCE_S = 1.3
"""Enough for one back-off."""

faults = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(
            [
                "http_502_html",
                "hang",
                "close_after_accept",
                "close_before",
                "close_halfway",
                "expired_token",
                "payment_required",
                "server_error_after",
                "throttle_503",
                "slow",
                "sending_failed",
            ]
        ),
        "method": st.sampled_from(["*", SEND, "batch"]),
        "count": st.integers(1, 3),
        "delay_ms": st.sampled_from([0, 0, 100]),
    }
)
texts = st.lists(st.sampled_from(["Привет", "100 $", "$result[c0][id]", "a & b = c %"]), min_size=1, max_size=12)


def sends(said: list[str]) -> list[Call]:
    return [
        Call(
            SEND,
            {
                "botId": 812,
                "dialogId": "2",
                "fields": {"message": f"{number}: {text}", "templateId": str(uuid4())},
            },
            is_idempotent=True,
        )
        for number, text in enumerate(said)
    ]


async def hits(world: World, portal: dict[str, Any], fault: str) -> int:
    answer = await world.sim.http.get(f"/control/portals/{portal['member_id']}/requests?limit=2000")
    return sum(item["fault"] == fault for item in answer.json()["items"])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(broken=st.lists(faults, max_size=6), said=texts, apart=st.booleans())
async def test_whatever_a_portal_does_the_client_is_honest_and_within_its_budget(
    world: World, broken: list[dict[str, Any]], said: list[str], apart: bool
) -> None:
    portal, tokens = await world.portal(limits=LIMITS)
    await world.sim.control("PUT", f"/portals/{portal['member_id']}/faults", broken)
    rest, calls = world.rest(OURS), sends(said)

    async def outcome(call: Call) -> Answer | BitrixError:
        try:
            return await rest.call(tokens, call, patience_s=PATIENCE_S)
        except BitrixError as error:
            return error

    if apart:
        outcomes = list(await asyncio.gather(*map(outcome, calls)))
    else:
        outcomes = await rest.batch(tokens, calls, patience_s=PATIENCE_S)

    shown = {item["text"]: item["id"] for item in await world.sim.seen(portal)}
    assert len(outcomes) == len(calls)
    for call, ended in zip(calls, outcomes, strict=True):
        text = call.params["fields"]["message"]
        if isinstance(ended, Answer):
            assert shown[text] == ended.result["id"]
        elif ended.outcome_is_known:
            assert text not in shown
    assert len(shown) == len(await world.sim.seen(portal))
    assert await world.violations(portal) == 0
    assert tokens.refreshes <= await hits(world, portal, "expired_token")
    assert len(set(tokens.asked)) == tokens.refreshes
