"""Accounts of the vendor's staff over HTTP: hired, promoted, shut out; and a refresh token that was stolen."""

import asyncio
import time
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.e2e.product import Product

GIVEN, OWN = "a password to begin with", "a password of my own"
SECONDS = 5
"""Within which rights that were taken away are gone."""


class Person:
    """Somebody of the vendor's staff with a browser."""

    def __init__(self, product: Product, email: str, password: str) -> None:
        self._http, self._url = product.http, f"{product.url}/v1/admin"
        self.email, self.password = email, password
        self.session: dict[str, Any] = {}

    async def ask(self, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.session['access_token']}"} if self.session else {}
        return await self._http.request(method, self._url + path, json=body, params=query or None, headers=headers)

    async def login(self) -> httpx.Response:
        body = {"email": self.email, "password": self.password}
        answer = await self._http.post(f"{self._url}/auth/login", json=body)
        self.session = answer.json() if answer.status_code == 200 else {}
        return answer

    async def refresh(self, token: str) -> httpx.Response:
        return await self._http.post(f"{self._url}/auth/refresh", json={"refresh_token": token})

    async def me(self) -> httpx.Response:
        return await self.ask("GET", "/auth/me")


@pytest.fixture
async def owner(product: Product) -> Person:
    person = Person(product, "admin@localhost", "changeme")
    await person.login()
    return person


async def hire(product: Product, owner: Person, role: str) -> Person:
    """Somebody who has an account, has signed in and has chosen a password."""
    person = Person(product, f"{uuid4().hex}@example.test", GIVEN)
    body = {"email": person.email, "role": role, "password": GIVEN}
    created = await owner.ask("POST", "/users", body)
    assert created.status_code == 201, created.text
    assert (await person.login()).json()["must_change_password"] is True
    words = {"current_password": GIVEN, "new_password": OWN}
    assert (await person.ask("POST", "/auth/password", words)).status_code == 204
    person.password = OWN
    return person


async def id_of(person: Person) -> str:
    return str((await person.me()).json()["id"])


async def gone_after(person: Person, method: str, path: str, status: int) -> float:
    """Return how many seconds a right outlived that it was taken away."""
    began = time.monotonic()
    while (await person.ask(method, path)).status_code != status:
        assert time.monotonic() - began < SECONDS, f"{method} {path} is not {status} yet"
        await asyncio.sleep(0.1)
    return time.monotonic() - began


async def test_the_default_password_is_told_and_opens_every_route_in_dev(owner: Person) -> None:
    login = await owner.login()

    assert login.json()["must_change_password"] is True
    assert (await owner.me()).json()["must_change_password"] is True
    for path in ("/portals", "/users", "/audit", "/outbox"):
        assert (await owner.ask("GET", path)).status_code == 200


async def test_a_person_is_hired_promoted_and_removed_and_the_audit_log_tells(
    product: Product, owner: Person
) -> None:
    person = await hire(product, owner, "viewer")
    user_id = await id_of(person)
    portal_id = "00000000-0000-4000-8000-000000000001"

    as_viewer = await person.ask("POST", f"/portals/{portal_id}/resume")
    promoted = await owner.ask("PATCH", f"/users/{user_id}", {"role": "operator"})
    as_operator = await person.ask("POST", f"/portals/{portal_id}/resume")
    users_as_operator = await person.ask("GET", "/users")
    listed = (await owner.ask("GET", "/users", query=person.email.upper())).json()
    removed = await owner.ask("DELETE", f"/users/{user_id}")
    again = await owner.ask("DELETE", f"/users/{user_id}")
    after = await person.ask("GET", "/portals")
    log = (await owner.ask("GET", "/audit", admin_id=await id_of(owner), limit=3)).json()["items"]
    own = (await owner.ask("GET", "/audit", admin_id=user_id, action="admin.password")).json()["items"]

    assert (as_viewer.status_code, as_viewer.json()["error"]) == (403, "forbidden")
    assert (promoted.status_code, promoted.json()["role"]) == (200, "operator")
    assert (as_operator.status_code, users_as_operator.status_code) == (404, 403)
    [row] = listed["items"]
    assert row == promoted.json()
    assert set(row) == {"id", "email", "role", "created_at", "must_change_password", "disabled"}
    assert (removed.status_code, again.status_code, again.json()["error"]) == (204, 404, "admin_not_found")
    assert (after.status_code, after.json()["error"]) == (401, "session_expired")
    assert [one["action"] for one in log] == ["admin.delete", "admin.update", "admin.create"]
    assert (log[1]["before"]["role"], log[1]["after"]["role"]) == ("viewer", "operator")
    assert (len(own), own[0]["email"]) == (1, person.email)


async def test_accounts_are_paged(owner: Person) -> None:
    for _ in range(3):
        body = {"email": f"{uuid4().hex}@example.test", "role": "viewer", "password": OWN}
        await owner.ask("POST", "/users", body)
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await owner.ask("GET", "/users", limit=2, cursor=cursor)).json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]

    assert len(seen) == len(set(seen)) >= 4
    assert await id_of(owner) == seen[-1]


async def test_a_refresh_token_used_twice_ends_the_session_and_is_audited(product: Product, owner: Person) -> None:
    person = await hire(product, owner, "operator")
    user_id, first = await id_of(person), person.session["refresh_token"]

    renewed = await person.refresh(first)
    stolen = await person.refresh(first)
    robbed = await person.refresh(renewed.json()["refresh_token"])
    person.session = renewed.json()
    await gone_after(person, "GET", "/portals", 401)
    log = (await owner.ask("GET", "/audit", admin_id=user_id, action="session.reuse")).json()["items"]

    assert [one.status_code for one in (renewed, stolen, robbed)] == [200, 401, 401]
    assert stolen.json()["error"] == "session_expired"
    assert [one["email"] for one in log] == [person.email]


async def test_a_logout_ends_both_tokens(product: Product, owner: Person) -> None:
    person = await hire(product, owner, "viewer")

    out = await person.ask("POST", "/auth/logout")

    assert out.status_code == 204
    assert (await person.ask("GET", "/portals")).status_code == 401
    assert (await person.refresh(person.session["refresh_token"])).status_code == 401


async def test_a_changed_password_ends_the_other_sessions(product: Product, owner: Person) -> None:
    person = await hire(product, owner, "viewer")
    elsewhere = Person(product, person.email, OWN)
    await elsewhere.login()

    words = {"current_password": OWN, "new_password": "yet another password"}
    wrong = await person.ask("POST", "/auth/password", {**words, "current_password": "guess"})
    weak = await person.ask("POST", "/auth/password", {**words, "new_password": "short"})
    changed = await person.ask("POST", "/auth/password", words)
    await gone_after(elsewhere, "GET", "/portals", 401)

    assert (wrong.status_code, wrong.json()["error"]) == (403, "wrong_password")
    assert (weak.status_code, weak.json()["error"]) == (400, "weak_password")
    assert changed.status_code == 204
    assert (await person.ask("GET", "/portals")).status_code == 200
    assert (await elsewhere.login()).status_code == 401


async def test_a_disabled_account_is_out_until_it_is_enabled(product: Product, owner: Person) -> None:
    person = await hire(product, owner, "viewer")
    user_id = await id_of(person)

    await owner.ask("PATCH", f"/users/{user_id}", {"disabled": True})
    out = await person.ask("GET", "/portals")
    refused = await Person(product, person.email, OWN).login()
    await owner.ask("PATCH", f"/users/{user_id}", {"disabled": False})

    assert (out.status_code, refused.status_code) == (401, 401)
    assert (await person.login()).status_code == 200


async def test_what_an_account_cannot_be_is_refused(product: Product, owner: Person) -> None:
    person = await hire(product, owner, "operator")
    good = {"email": f"{uuid4().hex}@example.test", "role": "viewer", "password": OWN}

    refused = [
        await owner.ask("POST", "/users", {**good, **changed})
        for changed in (
            {"email": person.email.upper()},
            {"email": "no address"},
            {"role": "root"},
            {"password": "short"},
            {"password": "changeme"},
            {"password": good["email"].upper()},
            {"password": "x" * 1025},
        )
    ]
    nobody = await owner.ask("PATCH", "/users/00000000-0000-4000-8000-000000000001", {"role": "viewer"})

    assert [(one.status_code, one.json()["error"]) for one in refused] == [
        (409, "email_taken"),
        (400, "invalid_argument"),
        (422, "validation_failed"),
        *[(400, "weak_password")] * 4,
    ]
    assert nobody.status_code == 404
    for one in refused:
        assert "argon2" not in one.text


async def test_the_last_owner_stays(owner: Person) -> None:
    owner_id = await id_of(owner)
    everybody = (await owner.ask("GET", "/users", limit=200)).json()["items"]
    owners = [one["id"] for one in everybody if one["role"] == "owner"]
    assert owners == [owner_id], "no test here hires an owner and leaves them"

    refused = [
        await owner.ask("PATCH", f"/users/{owner_id}", {"role": "viewer"}),
        await owner.ask("PATCH", f"/users/{owner_id}", {"disabled": True}),
        await owner.ask("DELETE", f"/users/{owner_id}"),
    ]

    assert {(one.status_code, one.json()["error"]) for one in refused} == {(409, "last_owner")}
    assert (await owner.me()).json()["role"] == "owner"
