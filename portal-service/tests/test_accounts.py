"""Accounts of the vendor's staff as owners manage them, and everybody's own password."""

import asyncio
from typing import Any
from uuid import uuid4

import grpc
import pytest
from google.protobuf.json_format import MessageToDict

from teachbase.portal.v1 import admin_pb2 as pb
from teachbase.portal.v1 import portal_pb2

PASSWORD = "correct horse battery staple"
NEW = "nine bottles of cold water"


def actor(admin: pb.Admin) -> portal_pb2.Actor:
    return portal_pb2.Actor(admin_id=admin.id, remote_ip="192.0.2.1")


async def create(staff: Any, by: pb.Admin, **given: str) -> pb.Admin:
    fields = {"email": f"{uuid4().hex}@example.test", "role": "viewer", "password": NEW, **given}
    created: pb.Admin = (await staff.stub.CreateAdmin(pb.CreateAdminRequest(actor=actor(by), **fields))).admin
    return created


async def change(staff: Any, by: pb.Admin, of: pb.Admin, **values: Any) -> pb.Admin:
    request = pb.UpdateAdminRequest(admin_id=of.id, actor=actor(by), **values)
    changed: pb.Admin = (await staff.stub.UpdateAdmin(request)).admin
    return changed


async def remove(staff: Any, by: pb.Admin, of: pb.Admin) -> None:
    await staff.stub.DeleteAdmin(pb.DeleteAdminRequest(admin_id=of.id, actor=actor(by)))


async def choose(staff: Any, tokens: pb.SessionTokens, current: str, new: str, remote_ip: str = "") -> None:
    request = pb.ChangePasswordRequest(
        session_id=staff.session_of(tokens),
        current_password=current,
        new_password=new,
        remote_ip=remote_ip or uuid4().hex,
    )
    await staff.stub.ChangePassword(request)


@pytest.fixture
async def owner(staff: Any) -> pb.Admin:
    hired: pb.Admin = await staff.hire("owner")
    return hired


@pytest.fixture
async def only_owner(staff: Any) -> pb.Admin:
    """An owner beside whom nobody's account is in use: those of other tests are disabled."""
    await staff.rows("UPDATE admin_users SET disabled = true RETURNING id")
    hired: pb.Admin = await staff.hire("owner")
    return hired


async def test_who_was_given_a_password_signs_in_and_must_change_it(staff: Any, owner: pb.Admin) -> None:
    address = f"{uuid4().hex}@Example.Test"

    created = await create(staff, owner, email=address, role="operator")
    opened = await staff.login(address.lower(), NEW)
    await choose(staff, opened.tokens, NEW, "a password of my own")

    assert (created.email, created.role, created.disabled) == (address.lower(), "operator", False)
    assert (created.must_change_password, opened.admin.must_change_password) == (True, True)
    assert not (await staff.holder(opened.tokens)).must_change_password
    assert not (await staff.login(address, "a password of my own")).admin.must_change_password


async def test_a_change_made_in_another_context_is_written_down(staff: Any, owner: pb.Admin) -> None:
    change = pb.RecordChangeRequest(actor=actor(owner), action="blackbox.settings")
    change.before.update({"max_rows": 1, "enabled": True})
    change.after.update({"max_rows": 2, "enabled": False})

    await staff.stub.RecordChange(change)

    [entry] = await staff.audit(admin_id=owner.id)
    assert (entry.action, entry.email, entry.portal_id) == ("blackbox.settings", owner.email, "")
    assert MessageToDict(entry.before) == {"max_rows": 1, "enabled": True}
    assert MessageToDict(entry.after) == {"max_rows": 2, "enabled": False}
    assert entry.remote_ip == "192.0.2.1"


async def test_every_change_is_audited_with_before_and_after_and_without_secrets(
    staff: Any, owner: pb.Admin
) -> None:
    admin = await create(staff, owner)
    await change(staff, owner, admin, role="operator")
    await change(staff, owner, admin, role="operator")
    await change(staff, owner, admin, password=PASSWORD)
    await change(staff, owner, admin, disabled=True)
    await remove(staff, owner, admin)

    entries = list(reversed(await staff.audit(admin_id=owner.id)))
    told = {"admin_id": admin.id, "email": admin.email, "role": "viewer", "disabled": False}
    operator = {**told, "role": "operator"}
    assert [(one.action, MessageToDict(one.before), MessageToDict(one.after)) for one in entries] == [
        ("admin.create", {}, told),
        ("admin.update", told, operator),
        ("admin.update", operator, {**operator, "password": "set"}),
        ("admin.update", operator, {**operator, "disabled": True}),
        ("admin.delete", {**operator, "disabled": True}, {}),
    ]
    assert {(one.email, one.remote_ip) for one in entries} == {(owner.email, "192.0.2.1")}
    written = str(await staff.rows("SELECT before, after FROM audit_log"))
    assert "argon2" not in written
    assert NEW not in written
    assert PASSWORD not in written


@pytest.mark.parametrize("role", ["operator", "viewer", "nobody"])
async def test_only_an_owner_of_now_changes_accounts_whatever_the_gateway_thinks(
    staff: Any, owner: pb.Admin, role: str
) -> None:
    by = pb.Admin(id=str(uuid4())) if role == "nobody" else await staff.hire(role)
    former = await staff.hire("owner")
    await change(staff, owner, former, role="operator")

    refused = [
        await staff.refusal(call)
        for one in (by, former)
        for call in (
            create(staff, one),
            change(staff, one, former, role="owner"),
            remove(staff, one, owner),
        )
    ]

    assert {(error.status, error.reason) for error in refused} == {
        (grpc.StatusCode.PERMISSION_DENIED, "NOT_AN_OWNER")
    }


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("", "has fewer than 12"),
        ("eleven char", "has fewer than 12"),
        ("changeme", "everybody knows"),
        ("x" * 1025, "longer than 1024 bytes"),
        ("я" * 513, "longer than 1024 bytes"),
        ("Someone.Else@Example.Test", "is the e-mail"),
    ],
)
async def test_a_weak_password_is_refused_everywhere(
    staff: Any, owner: pb.Admin, password: str, problem: str
) -> None:
    admin = await create(staff, owner)
    tokens = (await staff.login(admin.email, NEW)).tokens
    if problem == "is the e-mail":
        password = admin.email.upper()

    refused = [
        await staff.refusal(create(staff, owner, email=admin.email, password=password)),
        await staff.refusal(change(staff, owner, admin, password=password)),
        await staff.refusal(choose(staff, tokens, NEW, password)),
    ]

    assert {(error.status, error.reason) for error in refused} == {
        (grpc.StatusCode.INVALID_ARGUMENT, "WEAK_PASSWORD")
    }
    assert all(problem in error.message for error in refused)
    assert (await staff.login(admin.email, NEW)).admin.id == admin.id


@pytest.mark.parametrize("password", ["x" * 12, "я" * 512, "пароль из многих слов", " " * 12, "🐎" * 12])
async def test_length_is_all_that_counts(staff: Any, owner: pb.Admin, password: str) -> None:
    admin = await create(staff, owner, password=password)

    assert (await staff.login(admin.email, password)).admin.id == admin.id


async def test_a_letter_in_two_code_points_is_the_same_letter(staff: Any, owner: pb.Admin) -> None:
    admin = await create(staff, owner, password="зи\u0438\u0306мний дворец")  # и and a breve

    assert (await staff.login(admin.email, "зи\u0439мний дворец")).admin.id == admin.id


async def test_an_address_has_one_account_in_whatever_case_however_many_ask(staff: Any, owner: pb.Admin) -> None:
    address = f"{uuid4().hex}@example.test"

    asked = (create(staff, owner, email=name) for name in [address, address.upper()] * 3)
    answers = await asyncio.gather(*asked, return_exceptions=True)
    taken = await staff.refusal(create(staff, owner, email=address.title()))

    assert len([one for one in answers if isinstance(one, pb.Admin)]) == 1
    assert (taken.status, taken.reason) == (grpc.StatusCode.ALREADY_EXISTS, "EMAIL_TAKEN")


@pytest.mark.parametrize(
    "given", [{"email": "no address"}, {"email": "a@b.c\n"}, {"email": f"{'x' * 251}@b.c"}, {"role": "root"}]
)
async def test_an_address_or_role_that_is_none_is_refused(
    staff: Any, owner: pb.Admin, given: dict[str, str]
) -> None:
    refused = await staff.refusal(create(staff, owner, **given))

    assert (refused.reason, refused.detail["field"]) == ("INVALID_ARGUMENT", next(iter(given)))


@pytest.mark.parametrize("how", ["disabled", "password", "removed"])
async def test_who_is_shut_out_loses_every_session(staff: Any, owner: pb.Admin, how: str) -> None:
    admin = await staff.hire("operator")
    tokens = [(await staff.login(admin.email)).tokens for _ in range(2)]

    if how == "removed":
        await remove(staff, owner, admin)
    else:
        await change(staff, owner, admin, **{how: True if how == "disabled" else NEW})

    for one in tokens:
        assert (await staff.refusal(staff.holder(one))).reason == "SESSION_EXPIRED"
        assert (await staff.refusal(staff.renew(one.refresh_token))).reason == "SESSION_EXPIRED"
    assert (await staff.refusal(staff.login(admin.email))).reason == "INVALID_CREDENTIALS"


async def test_a_disabled_account_is_enabled_again(staff: Any, owner: pb.Admin) -> None:
    admin = await staff.hire("operator")

    await change(staff, owner, admin, disabled=True)
    enabled = await change(staff, owner, admin, disabled=False)

    assert (enabled.disabled, (await staff.login(admin.email)).admin.id) == (False, admin.id)


@pytest.mark.parametrize("how", ["disabled", "removed", "password"])
async def test_no_login_under_way_outlives_that_its_account_is_shut(staff: Any, owner: pb.Admin, how: str) -> None:
    admin = await staff.hire("operator")
    hashing = staff.admins._passwords._hashing
    async with hashing, hashing:  # logins wait here, with the account already read
        logins = [asyncio.create_task(staff.refusal(staff.login(admin.email))) for _ in range(3)]
        await asyncio.sleep(0.2)
        if how == "removed":
            await remove(staff, owner, admin)
        elif how == "disabled":
            await change(staff, owner, admin, disabled=True)
        else:
            await staff.rows("UPDATE admin_users SET password_hash = '' WHERE id = :id RETURNING id", id=admin.id)

    assert {error.reason for error in await asyncio.gather(*logins)} == {"INVALID_CREDENTIALS"}


@pytest.mark.parametrize("how", ["role", "disabled", "removed"])
async def test_the_last_owner_stays(staff: Any, only_owner: pb.Admin, how: str) -> None:
    await staff.hire("operator")

    if how == "removed":
        refused = await staff.refusal(remove(staff, only_owner, only_owner))
    else:
        value = "viewer" if how == "role" else True
        refused = await staff.refusal(change(staff, only_owner, only_owner, **{how: value}))

    assert (refused.status, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "LAST_OWNER")
    assert (await staff.login(only_owner.email)).admin.role == "owner"


@pytest.mark.parametrize("shift", range(4))
async def test_however_many_owners_go_at_once_one_stays(staff: Any, only_owner: pb.Admin, shift: int) -> None:
    owners = [only_owner, *[await staff.hire("owner") for _ in range(4)]]

    async def go(number: int, by: pb.Admin, of: pb.Admin) -> None:
        if number % 3 == 0:
            await remove(staff, by, of)
        else:
            await change(staff, by, of, **({"role": "viewer"} if number % 3 == 1 else {"disabled": True}))

    pairs = zip(owners, owners[shift:] + owners[:shift], strict=True)  # each sends another away, or themself
    asked = (go(number, by, of) for number, (by, of) in enumerate(pairs))
    answers = await asyncio.gather(*asked, return_exceptions=True)

    left = await staff.rows("SELECT id FROM admin_users WHERE role = 'owner' AND NOT disabled")
    assert len(left) == 5 - answers.count(None) >= 1


async def test_accounts_are_listed_in_pages_and_found_by_a_part_of_the_address(
    staff: Any, owner: pb.Admin
) -> None:
    word = uuid4().hex[:12]
    made = [await create(staff, owner, email=f"{word}-{number}@example.test") for number in range(5)]

    found: list[pb.Admin] = []
    token = ""
    while True:
        request = pb.ListAdminsRequest(query=word.upper(), page_size=2, page_token=token)
        page = await staff.stub.ListAdmins(request)
        found += page.admins
        token = page.next_page_token
        if not token:
            break
    nobody = await staff.stub.ListAdmins(pb.ListAdminsRequest(query="%"))

    assert found == list(reversed(made))
    assert list(nobody.admins) == []
    assert "argon2" not in str(found)


async def test_nobody_sets_their_own_password_without_the_current_one(staff: Any, owner: pb.Admin) -> None:
    refused = await staff.refusal(change(staff, owner, owner, password=NEW))

    assert (refused.reason, refused.detail["field"]) == ("INVALID_ARGUMENT", "password")
    assert (await staff.login(owner.email)).admin.id == owner.id


async def test_what_is_not_there_is_not_found(staff: Any, owner: pb.Admin) -> None:
    nobody = pb.Admin(id=str(uuid4()))

    refused = [
        await staff.refusal(call)
        for call in (
            change(staff, owner, nobody, role="viewer"),
            change(staff, owner, nobody, password=NEW),
            remove(staff, owner, nobody),
            staff.stub.GetAdmin(pb.GetAdminRequest(admin_id=nobody.id)),
        )
    ]

    assert {error.reason for error in refused} == {"ADMIN_NOT_FOUND"}


async def test_a_changed_password_ends_the_other_sessions_and_is_audited(staff: Any, email: str) -> None:
    mine, *others = [(await staff.login(email)).tokens for _ in range(3)]

    await choose(staff, mine, PASSWORD, NEW)

    assert [(await staff.refusal(staff.holder(one))).reason for one in others] == ["SESSION_EXPIRED"] * 2
    renewed = await staff.renew(mine.refresh_token)
    admin = await staff.holder(renewed)
    assert (await staff.refusal(staff.login(email))).reason == "INVALID_CREDENTIALS"
    assert (await staff.login(email, NEW)).admin.id == admin.id
    [entry] = await staff.audit(admin_id=admin.id, action="admin.password")
    assert entry.after["sessions_ended"] == 2


async def test_a_new_password_is_new(staff: Any, email: str) -> None:
    tokens = (await staff.login(email)).tokens

    refused = await staff.refusal(choose(staff, tokens, PASSWORD, PASSWORD))

    assert (refused.reason, refused.detail["problem"]) == ("WEAK_PASSWORD", "is the one that you have")


async def test_guesses_at_the_current_password_count_as_failed_logins(staff: Any, email: str) -> None:
    tokens, here = (await staff.login(email)).tokens, uuid4().hex

    wrong = [await staff.refusal(choose(staff, tokens, f"guess {number}", NEW, here)) for number in range(5)]
    locked = await staff.refusal(choose(staff, tokens, PASSWORD, NEW, here))
    login = await staff.refusal(staff.login(email, remote_ip=here))

    assert {(error.status, error.reason) for error in wrong} == {
        (grpc.StatusCode.PERMISSION_DENIED, "WRONG_PASSWORD")
    }
    assert (locked.reason, login.reason) == ("TOO_MANY_ATTEMPTS", "TOO_MANY_ATTEMPTS")
    assert (await staff.holder(tokens)).email == email


async def test_a_session_that_ended_changes_no_password(staff: Any, email: str) -> None:
    tokens = (await staff.login(email)).tokens
    await staff.stub.Logout(pb.LogoutRequest(session_id=staff.session_of(tokens)))

    refused = await staff.refusal(choose(staff, tokens, PASSWORD, NEW))

    assert refused.reason == "SESSION_EXPIRED"


async def test_of_two_changes_of_a_password_at_once_one_holds_and_ends_the_others_session(
    staff: Any, email: str
) -> None:
    tokens = [(await staff.login(email)).tokens for _ in range(2)]
    words = ["one of two new passwords", "the other of two passwords"]

    answers = await asyncio.gather(
        *(choose(staff, one, PASSWORD, word) for one, word in zip(tokens, words, strict=True)),
        return_exceptions=True,
    )

    holds = [index for index, answer in enumerate(answers) if answer is None]
    assert len(holds) == 1
    assert (await staff.login(email, words[holds[0]])).admin.email == email
    assert (await staff.holder(tokens[holds[0]])).email == email
    assert (await staff.refusal(staff.holder(tokens[1 - holds[0]]))).reason == "SESSION_EXPIRED"
