"""Sessions of the portal app, and the employees it lists."""

from typing import Any

import grpc
import jwt
import pytest

from kit.rpc import peer_error
from teachbase.portal.v1 import install_pb2, tokens_pb2
from teachbase.portal.v1 import portal_pb2 as pb


async def opened(
    service: Any, made: dict[str, Any], user_id: int, **changed: Any
) -> install_pb2.OpenSessionResponse:
    claim = await service.claim(made, user_id)
    names = ("access_token", "refresh_token", "expires_in", "member_id", "server_endpoint", "remote_ip")
    said = {name: getattr(claim, name) for name in names}
    answer: install_pb2.OpenSessionResponse = await service.stub.OpenSession(
        install_pb2.OpenSessionRequest(**{**said, **changed})
    )
    return answer


async def test_an_employee_gets_a_session_of_his_own_rights(service: Any) -> None:
    made = await service.sim.portal()
    installed = await service.install(made)

    admin, employee = await opened(service, made, 1), await opened(service, made, 2)

    claims = [jwt.decode(one.portal_token, options={"verify_signature": False}) for one in (admin, employee)]
    assert [(one["sub"], one["uid"], one["adm"], one["aud"]) for one in claims] == [
        (installed.id, 1, True, "portal"),
        (installed.id, 2, False, "portal"),
    ]
    assert (employee.user.id, employee.user.is_admin, employee.expires_in) == (2, False, 3600)
    assert employee.user.name
    assert employee.origin == service.sim.url


async def test_where_the_app_was_never_installed_there_is_no_session(service: Any) -> None:
    made = await service.sim.portal()

    answer = await opened(service, made, 1)

    assert (answer.HasField("portal"), answer.portal_token, answer.user.is_admin) == (False, "", True)


async def test_an_administrator_who_opens_the_app_brings_a_dead_credential_back_to_life(service: Any) -> None:
    made = await service.sim.portal(limits="off")
    installed = await service.install(made)
    async with service.engine.begin() as conn:
        await conn.exec_driver_sql(f"UPDATE portal_tokens SET state = 'dead' WHERE portal_id = '{installed.id}'")
    request = tokens_pb2.GetAccessTokenRequest(portal_id=installed.id)

    await opened(service, made, 2)
    with pytest.raises(grpc.aio.AioRpcError) as still_dead:
        await service.stub.GetAccessToken(request)
    await opened(service, made, 1)
    alive = (await service.stub.GetAccessToken(request)).token

    assert peer_error("portal", still_dead.value).reason == "NO_CREDENTIAL"
    assert alive.access_token


async def test_sixty_employees_are_listed_to_the_end_in_pages_of_any_size(service: Any) -> None:
    made = await service.sim.portal(users_count=60, limits="off")
    installed = await service.install(made)
    seen: list[int] = []
    token = ""

    while True:
        request = pb.ListEmployeesRequest(portal_id=installed.id, page_size=7, page_token=token)
        page = await service.stub.ListEmployees(request)
        seen += [one.id for one in page.employees]
        if not (token := page.next_page_token):
            break
    whole = await service.stub.ListEmployees(pb.ListEmployeesRequest(portal_id=installed.id, page_size=200))

    assert sorted(seen) == list(range(1, 61))
    assert [one.id for one in whole.employees] == seen
    assert whole.next_page_token == ""


async def test_employees_are_found_by_name_and_by_id(service: Any) -> None:
    made = await service.sim.portal(users_count=30, limits="off")
    installed = await service.install(made)
    everybody = await service.stub.ListEmployees(pb.ListEmployeesRequest(portal_id=installed.id, page_size=30))
    wanted = everybody.employees[4]

    by_name = await service.stub.ListEmployees(
        pb.ListEmployeesRequest(portal_id=installed.id, query=wanted.last_name)
    )
    by_id = await service.stub.ListEmployees(
        pb.ListEmployeesRequest(portal_id=installed.id, user_ids=[wanted.id, 9999])
    )

    assert wanted.id in {one.id for one in by_name.employees}
    assert len(by_name.employees) < 30
    assert [one.id for one in by_id.employees] == [wanted.id]


@pytest.mark.parametrize("token", ["-1", "x", "9" * 30])
async def test_a_page_token_of_another_list_is_refused(service: Any, token: str) -> None:
    installed = await service.install(await service.sim.portal())

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await service.stub.ListEmployees(pb.ListEmployeesRequest(portal_id=installed.id, page_token=token))

    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
