"""What a portal went through is kept, each thing once, with where it stood before and after."""

from typing import Any
from uuid import uuid4

from teachbase.portal.v1 import install_pb2, tokens_pb2
from teachbase.portal.v1 import portal_pb2 as pb


async def went_through(
    service: Any, portal_id: str, **asked: Any
) -> list[tuple[str, dict[str, str], dict[str, str]]]:
    found = await service.stub.ListLife(pb.ListLifeRequest(portal_id=portal_id, **asked))
    return [(one.event, dict(one.before), dict(one.after)) for one in reversed(found.entries)]


async def test_installs_renames_and_removals_are_kept_with_what_they_changed(service: Any) -> None:
    made = await service.sim.portal(limits="off")
    installed = await service.install(made)
    await service.stub.FinalizeInstall(install_pb2.FinalizeInstallRequest(portal_id=installed.id, user_ids=[1]))
    await service.stub.FinalizeInstall(install_pb2.FinalizeInstallRequest(portal_id=installed.id, user_ids=[1]))
    domain = f"{uuid4().hex}.bitrix24.ru"
    await service.sim.control("POST", f"/portals/{made['member_id']}/rename", {"domain": domain})
    await service.stub.ConfirmEndpoint(tokens_pb2.ConfirmEndpointRequest(portal_id=installed.id))
    await service.stub.ConfirmEndpoint(tokens_pb2.ConfirmEndpointRequest(portal_id=installed.id))

    kept = await went_through(service, installed.id)

    begun, finalized, renamed = kept
    assert begun == ("begun", {}, {"status": "installing", "domain": installed.domain})
    assert finalized == ("finalized", {"status": "installing"}, {"status": "active"})
    assert renamed == ("renamed", {"domain": installed.domain}, {"domain": domain})


async def test_a_page_of_what_happened_goes_on_where_the_last_one_ended(service: Any) -> None:
    made = await service.sim.portal(limits="off")
    for _ in range(3):
        installed = await service.install(made)
    other = await service.install(await service.sim.portal(limits="off"))

    first = await service.stub.ListLife(pb.ListLifeRequest(portal_id=installed.id, page_size=2))
    rest = await service.stub.ListLife(
        pb.ListLifeRequest(portal_id=installed.id, page_size=2, page_token=first.next_page_token)
    )

    assert len(first.entries) == 2
    assert len(rest.entries) == 1
    assert not rest.next_page_token
    assert {one.portal_id for one in (*first.entries, *rest.entries)} == {installed.id}
    assert len(await went_through(service, other.id)) == 1
