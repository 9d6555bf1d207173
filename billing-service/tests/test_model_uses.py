"""What models cost: each call counted once, whoever tells it how often, and found again call by call."""

import asyncio
from typing import Any
from uuid import UUID

import grpc
import pytest

from kit.ids import uuid7
from teachbase.billing.v1 import billing_pb2 as pb


def use(portal_id: UUID, prompt: int = 100, completion: int = 20, **given: Any) -> pb.ModelUse:
    made = {"id": str(uuid7()), "model": "qwen3", "message_id": str(uuid7()), **given}
    return pb.ModelUse(portal_id=str(portal_id), prompt_tokens=prompt, completion_tokens=completion, **made)


async def record(service: Any, *uses: pb.ModelUse) -> int:
    answer: pb.RecordModelUsesResponse = await service.stub.RecordModelUses(pb.RecordModelUsesRequest(uses=uses))
    return answer.counted


async def tokens(service: Any, portal_id: UUID) -> int:
    """As the portal's usage shows them; the same as its calls come to."""
    usage = await service.stub.GetUsage(pb.GetUsageRequest(portal_id=str(portal_id)))
    [row] = await service.rows(
        "SELECT coalesce(sum(prompt_tokens + completion_tokens), 0) AS n FROM model_uses WHERE portal_id = :id",
        id=portal_id,
    )
    shown = int(sum(one.used for one in usage.lines if one.name == "llm_tokens_per_month"))
    assert shown == row.n
    return shown


async def test_a_call_told_again_is_counted_once(service: Any) -> None:
    portal_id = await service.portal()
    one, other = use(portal_id), use(portal_id, 7, 0)

    counted = [await record(service, one, other), await record(service, one), await record(service, other, one)]

    assert counted == [2, 0, 0]
    assert await tokens(service, portal_id) == 127


async def test_a_call_twice_in_one_request_is_one(service: Any) -> None:
    portal_id = await service.portal()
    one = use(portal_id)

    assert await record(service, one, one) == 1
    assert await tokens(service, portal_id) == 120


async def test_many_who_tell_the_same_at_once_count_it_once(service: Any) -> None:
    portals = [await service.portal() for _ in range(5)]
    uses = [use(portal_id) for portal_id in portals for _ in range(10)]

    counted = await asyncio.gather(*(record(service, *uses[:: 1 if n % 2 else -1]) for n in range(16)))

    assert sum(counted) == len(uses)
    assert [await tokens(service, portal_id) for portal_id in portals] == [1200] * 5


async def test_a_portal_that_asks_no_model_has_no_such_line(service: Any) -> None:
    portal_id = await service.portal(cap=5)

    usage = await service.stub.GetUsage(pb.GetUsageRequest(portal_id=str(portal_id)))

    assert [one.name for one in usage.lines] == ["replies_per_month"]


async def test_tokens_take_no_replies_away(service: Any) -> None:
    portal_id = await service.portal(cap=1)
    await record(service, use(portal_id, 1_000_000, 0))

    assert (await service.reserve(portal_id, uuid7()))[0].granted


@pytest.mark.parametrize("given", [{"model": ""}, {"id": "x"}, {"prompt_tokens": -1}])
async def test_what_cannot_be_a_call_is_refused_and_nothing_is_counted(
    service: Any, given: dict[str, Any]
) -> None:
    portal_id = await service.portal()
    bad = use(portal_id)
    for name, value in given.items():
        setattr(bad, name, value)

    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await record(service, use(portal_id), bad)

    assert failed.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert await tokens(service, portal_id) == 0
