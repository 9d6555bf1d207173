"""Removals that nobody told us of are noticed, and a fault of our own configuration removes nobody."""

from typing import Any

import pytest

from portal.lost import CONFIRMATIONS, LostRemovals
from portal.remove import Removals
from teachbase.portal.v1 import portal_pb2 as pb

REFUSE = """
    UPDATE portal_tokens SET refused_kind = :kind, refused_code = 'NOT_INSTALLED', refusals = :refusals
    WHERE portal_id = :id
"""


@pytest.fixture
async def lost(service: Any) -> LostRemovals:
    await service.execute("UPDATE portal_tokens SET refusals = 0, refused_kind = ''")  # of other tests' portals
    return LostRemovals(service.engine, Removals(service.deletions, service.clock))


async def state(service: Any, portal_id: str) -> Any:
    return (await service.stub.GetPortal(pb.GetPortalRequest(portal_id=portal_id))).portal.state


@pytest.mark.parametrize(
    ("kind", "refusals", "is_gone"),
    [
        ("uninstalled", CONFIRMATIONS, True),
        ("uninstalled", CONFIRMATIONS - 1, False),
        ("plan", 50, False),
        ("config", 50, False),
    ],
)
async def test_a_portal_is_gone_when_it_was_said_often_enough(
    service: Any, lost: LostRemovals, kind: str, refusals: int, is_gone: bool
) -> None:
    portal = await service.install(await service.sim.portal(limits="off"))
    await service.execute(REFUSE, kind=kind, refusals=refusals, id=portal.id)

    await lost.round()

    assert (await state(service, portal.id) == pb.PORTAL_STATE_UNINSTALLED) is is_gone
    tokens = await service.rows("SELECT 1 FROM portal_tokens WHERE portal_id = :id", id=portal.id)
    assert bool(tokens) is not is_gone


async def test_what_all_portals_say_at_once_is_our_own_fault(service: Any, lost: LostRemovals) -> None:
    portals = [await service.install(await service.sim.portal(limits="off")) for _ in range(4)]
    await service.execute("UPDATE portals SET state = 'suspended' WHERE state IN ('active', 'installing')")
    ids = [portal.id for portal in portals]
    await service.execute("UPDATE portals SET state = 'active' WHERE id = ANY(CAST(:ids AS uuid[]))", ids=ids)
    for portal in portals:
        await service.execute(REFUSE, kind="uninstalled", refusals=99, id=portal.id)

    assert await lost.round() == 0
    assert {await state(service, portal.id) for portal in portals} == {pb.PORTAL_STATE_ACTIVE}
