"""The list of portals: pages without gap or repeat, search, cursors that are not ours."""

from typing import Any
from uuid import uuid4

import grpc
import pytest

from kit.rpc import peer_error
from teachbase.portal.v1 import portal_pb2


async def test_portals_page_to_the_end_and_are_found_by_domain_member_and_id(service: Any) -> None:
    word = uuid4().hex[:10]
    made = [await service.sim.portal(limits="off", domain=f"{word}-{number}.bitrix24.ru") for number in range(5)]
    portals = []
    for one in made:
        portals.append(await service.install(one))
        service.clock.advance(1)

    found, token = [], ""
    while True:
        request = portal_pb2.ListPortalsRequest(query=word.upper(), page_size=2, page_token=token)
        page = await service.stub.ListPortals(request)
        found += [one.id for one in page.portals]
        if not (token := page.next_page_token):
            break
    by_member = await service.stub.ListPortals(portal_pb2.ListPortalsRequest(query=made[3]["member_id"]))
    by_id = await service.stub.ListPortals(portal_pb2.ListPortalsRequest(query=portals[2].id))
    by_state = await service.stub.ListPortals(
        portal_pb2.ListPortalsRequest(query=word, state=portal_pb2.PORTAL_STATE_DEAD)
    )

    assert found == [one.id for one in reversed(portals)]
    assert [one.id for one in by_member.portals] == [portals[3].id]
    assert [one.id for one in by_id.portals] == [portals[2].id]
    assert list(by_state.portals) == []


@pytest.mark.parametrize("cursor", ["garbage", "!!!", "YWJj", "AAAA"])
async def test_a_strange_cursor_is_refused(service: Any, cursor: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await service.stub.ListPortals(portal_pb2.ListPortalsRequest(page_token=cursor))

    error = peer_error("portal", failed.value)
    assert error.status is grpc.StatusCode.INVALID_ARGUMENT
    assert error.detail["field"] == "cursor"
