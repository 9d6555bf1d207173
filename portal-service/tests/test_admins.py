"""The vendor's staff: login, lockout, a refresh token that works once, logout."""

import asyncio
from collections import Counter
from typing import Any
from uuid import uuid4

import grpc
import jwt
import pytest

from kit.errors import PeerError
from kit.rpc import peer_error
from teachbase.portal.v1 import admin_pb2 as pb

PASSWORD = "correct horse battery staple"


@pytest.fixture
async def email(service: Any) -> str:
    address = f"{uuid4().hex}@example.test"
    await service.admins.create_first(address.upper(), PASSWORD)
    return address


async def refusal(call: Any) -> PeerError:
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await call
    return peer_error("portal", failed.value)


async def login(service: Any, email: str, password: str = PASSWORD, remote_ip: str = "") -> pb.LoginResponse:
    request = pb.LoginRequest(email=email, password=password, remote_ip=remote_ip or service.remote_ip)
    answer: pb.LoginResponse = await service.admin.Login(request)
    return answer


async def renew(service: Any, token: str) -> pb.SessionTokens:
    request = pb.RefreshSessionRequest(refresh_token=token)
    tokens: pb.SessionTokens = (await service.admin.RefreshSession(request)).tokens
    return tokens


async def test_an_admin_signs_in_whatever_the_case_of_the_address(service: Any, email: str) -> None:
    answer = await login(service, email.title())

    assert (answer.admin.email, answer.admin.role) == (email, "owner")
    assert answer.tokens.expires_in == 900
    assert (await service.admin.GetAdmin(pb.GetAdminRequest(admin_id=answer.admin.id))).admin == answer.admin


async def test_the_first_account_is_created_once(service: Any, email: str) -> None:
    await service.admins.create_first(email, "another password")

    assert (await refusal(login(service, email, "another password"))).reason == "INVALID_CREDENTIALS"
    assert (await login(service, email)).admin.email == email


async def test_a_stranger_and_a_wrong_password_look_alike(service: Any, email: str) -> None:
    wrong = await refusal(login(service, email, "guess"))
    stranger = await refusal(login(service, "nobody@example.test", "guess"))

    assert (wrong.status, wrong.reason, wrong.message) == (stranger.status, stranger.reason, stranger.message)
    assert wrong.status is grpc.StatusCode.UNAUTHENTICATED


async def test_after_five_failures_a_source_is_locked_out_of_the_account_for_growing_times(
    service: Any, email: str
) -> None:
    for _ in range(5):
        assert (await refusal(login(service, email, "guess"))).reason == "INVALID_CREDENTIALS"

    locked = await refusal(login(service, email))
    service.clock.advance(int(locked.detail["retry_after_s"]))
    await refusal(login(service, email, "guess"))
    longer = await refusal(login(service, email))
    service.clock.advance(61)
    opened = await login(service, email)

    assert (locked.status, locked.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_ATTEMPTS")
    assert 0 < int(locked.detail["retry_after_s"]) < int(longer.detail["retry_after_s"]) <= 61
    assert opened.admin.email == email


async def test_failures_that_come_side_by_side_are_all_counted(service: Any, email: str) -> None:
    await asyncio.gather(*(refusal(login(service, email, f"guess {number}")) for number in range(8)))

    locked = await refusal(login(service, email, "guess"))

    assert locked.reason == "TOO_MANY_ATTEMPTS"


async def test_nobody_locks_an_admin_out_from_elsewhere(service: Any, email: str) -> None:
    for _ in range(6):
        await refusal(login(service, email, "guess"))

    elsewhere = await login(service, email, remote_ip=uuid4().hex)

    assert elsewhere.admin.email == email
    assert (await refusal(login(service, email))).reason == "TOO_MANY_ATTEMPTS"


async def test_a_source_that_tries_many_addresses_is_locked_too(service: Any, email: str) -> None:
    guesses = [refusal(login(service, f"{number}@example.test", "guess")) for number in range(30)]
    assert {error.reason for error in await asyncio.gather(*guesses)} == {"INVALID_CREDENTIALS"}

    locked = await refusal(login(service, email))

    assert (locked.reason, int(locked.detail["retry_after_s"]) <= 60) == ("TOO_MANY_ATTEMPTS", True)
    assert (await login(service, email, remote_ip=uuid4().hex)).admin.email == email


async def test_in_a_storm_of_guesses_the_admin_gets_in_and_few_are_hashed(service: Any, email: str) -> None:
    storm = [asyncio.create_task(refusal(login(service, email, f"guess {number}"))) for number in range(200)]
    await asyncio.sleep(0.1)

    async with asyncio.timeout(8):
        admin = await login(service, email, remote_ip=uuid4().hex)
    reasons = Counter(error.reason for error in await asyncio.gather(*storm))

    assert admin.admin.email == email
    assert set(reasons) == {"INVALID_CREDENTIALS", "TOO_MANY_ATTEMPTS"}
    assert reasons["INVALID_CREDENTIALS"] <= 5 + 2


async def test_a_login_that_succeeds_forgives_the_failures(service: Any, email: str) -> None:
    for _ in range(4):
        await refusal(login(service, email, "guess"))
    await login(service, email)

    again = await refusal(login(service, email, "guess"))

    assert again.reason == "INVALID_CREDENTIALS"
    assert (await login(service, email)).admin.email == email


async def test_a_refresh_token_works_once(service: Any, email: str) -> None:
    first = (await login(service, email)).tokens

    second = await renew(service, first.refresh_token)
    spent = await refusal(renew(service, first.refresh_token))
    third = await renew(service, second.refresh_token)

    assert (spent.status, spent.reason) == (grpc.StatusCode.UNAUTHENTICATED, "SESSION_EXPIRED")
    assert len({first.refresh_token, second.refresh_token, third.refresh_token}) == 3


async def test_a_session_ends_after_two_weeks_and_by_logout(service: Any, email: str) -> None:
    old, ended = (await login(service, email)).tokens, (await login(service, email)).tokens
    session_id = jwt.decode(ended.access_token, options={"verify_signature": False})["sid"]
    await service.admin.Logout(pb.LogoutRequest(session_id=session_id))
    await service.admin.Logout(pb.LogoutRequest(session_id=session_id))
    logged_out = await refusal(renew(service, ended.refresh_token))

    service.clock.advance(14 * 86_400 + 1)
    too_old = await refusal(renew(service, old.refresh_token))

    assert logged_out.reason == too_old.reason == "SESSION_EXPIRED"
