"""The vendor's staff: login, lockout, a refresh token that works once, logout."""

import asyncio
from collections import Counter
from typing import Any
from uuid import uuid4

import grpc

from teachbase.portal.v1 import admin_pb2 as pb


async def test_an_admin_signs_in_whatever_the_case_of_the_address(staff: Any, email: str) -> None:
    answer = await staff.login(email.title())

    assert (answer.admin.email, answer.admin.role) == (email, "owner")
    assert answer.tokens.expires_in == 900
    assert (await staff.stub.GetAdmin(pb.GetAdminRequest(admin_id=answer.admin.id))).admin == answer.admin


async def test_an_owner_is_created_at_the_start_only_where_there_is_none(staff: Any) -> None:
    await staff.hire("owner")
    stranger = f"{uuid4().hex}@example.test"

    await staff.admins.create_first(stranger.upper(), "another password")
    beside_an_owner = await staff.refusal(staff.login(stranger, "another password"))
    await staff.rows("UPDATE admin_users SET disabled = true RETURNING id")
    await asyncio.gather(*(staff.admins.create_first(stranger.upper(), "another password") for _ in range(2)))
    alone = await staff.login(stranger, "another password")

    assert beside_an_owner.reason == "INVALID_CREDENTIALS"
    assert (alone.admin.email, alone.admin.role, alone.admin.must_change_password) == (stranger, "owner", False)


async def test_a_stranger_and_a_wrong_password_look_alike(staff: Any, email: str) -> None:
    wrong = await staff.refusal(staff.login(email, "guess"))
    stranger = await staff.refusal(staff.login("nobody@example.test", "guess"))

    assert (wrong.status, wrong.reason, wrong.message) == (stranger.status, stranger.reason, stranger.message)
    assert wrong.status is grpc.StatusCode.UNAUTHENTICATED


async def test_after_five_failures_a_source_is_locked_out_of_the_account_for_growing_times(
    staff: Any, email: str
) -> None:
    for _ in range(5):
        assert (await staff.refusal(staff.login(email, "guess"))).reason == "INVALID_CREDENTIALS"

    locked = await staff.refusal(staff.login(email))
    staff.clock.advance(int(locked.detail["retry_after_s"]))
    await staff.refusal(staff.login(email, "guess"))
    longer = await staff.refusal(staff.login(email))
    staff.clock.advance(61)
    opened = await staff.login(email)

    assert (locked.status, locked.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_ATTEMPTS")
    assert 0 < int(locked.detail["retry_after_s"]) < int(longer.detail["retry_after_s"]) <= 61
    assert opened.admin.email == email


async def test_failures_that_come_side_by_side_are_all_counted(staff: Any, email: str) -> None:
    await asyncio.gather(*(staff.refusal(staff.login(email, f"guess {number}")) for number in range(8)))

    locked = await staff.refusal(staff.login(email, "guess"))

    assert locked.reason == "TOO_MANY_ATTEMPTS"


async def test_nobody_locks_an_admin_out_from_elsewhere(staff: Any, email: str) -> None:
    for _ in range(6):
        await staff.refusal(staff.login(email, "guess"))

    elsewhere = await staff.login(email, remote_ip=uuid4().hex)

    assert elsewhere.admin.email == email
    assert (await staff.refusal(staff.login(email))).reason == "TOO_MANY_ATTEMPTS"


async def test_a_source_that_tries_many_addresses_is_locked_too(staff: Any, email: str) -> None:
    guesses = [staff.refusal(staff.login(f"{number}@example.test", "guess")) for number in range(30)]
    assert {error.reason for error in await asyncio.gather(*guesses)} == {"INVALID_CREDENTIALS"}

    locked = await staff.refusal(staff.login(email))

    assert (locked.reason, int(locked.detail["retry_after_s"]) <= 60) == ("TOO_MANY_ATTEMPTS", True)
    assert (await staff.login(email, remote_ip=uuid4().hex)).admin.email == email


async def test_in_a_storm_of_guesses_the_admin_gets_in_and_few_are_hashed(staff: Any, email: str) -> None:
    storm = [asyncio.create_task(staff.refusal(staff.login(email, f"guess {number}"))) for number in range(200)]
    await asyncio.sleep(0.1)

    async with asyncio.timeout(8):
        admin = await staff.login(email, remote_ip=uuid4().hex)
    reasons = Counter(error.reason for error in await asyncio.gather(*storm))

    assert admin.admin.email == email
    assert set(reasons) == {"INVALID_CREDENTIALS", "TOO_MANY_ATTEMPTS"}
    assert reasons["INVALID_CREDENTIALS"] <= 5 + 2


async def test_a_login_that_succeeds_forgives_the_failures(staff: Any, email: str) -> None:
    for _ in range(4):
        await staff.refusal(staff.login(email, "guess"))
    await staff.login(email)

    again = await staff.refusal(staff.login(email, "guess"))

    assert again.reason == "INVALID_CREDENTIALS"
    assert (await staff.login(email)).admin.email == email


async def test_a_session_ends_after_two_weeks_and_by_logout(staff: Any, email: str) -> None:
    old, ended = (await staff.login(email)).tokens, (await staff.login(email)).tokens
    for _ in range(2):
        await staff.stub.Logout(pb.LogoutRequest(session_id=staff.session_of(ended), remote_ip="192.0.2.7"))
    logged_out = [await staff.refusal(staff.renew(ended.refresh_token)), await staff.refusal(staff.holder(ended))]
    [closed] = await staff.audit(action="session.close", admin_id=(await staff.holder(old)).id)

    staff.clock.advance(14 * 86_400 + 1)
    too_old = [await staff.refusal(staff.renew(old.refresh_token)), await staff.refusal(staff.holder(old))]
    await staff.login(email)

    assert {error.reason for error in [*logged_out, *too_old]} == {"SESSION_EXPIRED"}
    assert (closed.email, closed.remote_ip) == (email, "192.0.2.7")
    assert closed.before["session_id"] == staff.session_of(ended)
    mine = "SELECT count(*) FROM admin_sessions JOIN admin_users u ON u.id = admin_id WHERE email = :email"
    assert (await staff.rows(mine, email=email))[0][0] == 1, "a login clears away what has expired"


async def test_a_session_says_what_its_holder_may_do_now(staff: Any) -> None:
    viewer = await staff.hire("viewer")
    tokens = (await staff.login(viewer.email)).tokens

    before = await staff.holder(tokens)
    await staff.rows("UPDATE admin_users SET role = 'operator' WHERE id = :id RETURNING id", id=viewer.id)
    after = await staff.holder(tokens)

    assert (before.id, before.role, after.role) == (viewer.id, "viewer", "operator")
    assert "role" not in staff.claims(tokens.access_token)


async def test_the_default_password_must_be_changed_whoever_has_it(staff: Any) -> None:
    admin = await staff.hire("owner", password="changeme")

    first, again = await staff.login(admin.email, "changeme"), await staff.login(admin.email, "changeme")

    assert (first.admin.must_change_password, again.admin.must_change_password) == (True, True)
    assert (await staff.holder(first.tokens)).must_change_password
