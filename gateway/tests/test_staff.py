"""What the vendor's staff may do: by the role of now, on every route of the console, while a session lives."""

import asyncio
from typing import Any

import httpx
import pytest

from edge.staff import FRESH_S, Staff

PUBLIC = {("POST", "/v1/admin/auth/login"), ("POST", "/v1/admin/auth/refresh")}
OWN = {("GET", "/v1/admin/auth/me"), ("POST", "/v1/admin/auth/logout"), ("POST", "/v1/admin/auth/password")}
"""What each does to their own session, also one that must change its password."""
USERS = "/v1/admin/users"
ID = "00000000-0000-4000-8000-000000000001"


def routes(console: Any) -> list[tuple[str, str]]:
    """Every route of the console, with ids in its path."""
    paths = console.gateway.app.openapi()["paths"]
    found = [
        (method.upper(), _filled(path))
        for path, methods in paths.items()
        if path.startswith("/v1/admin")
        for method in methods
        if (method.upper(), path) not in PUBLIC | OWN
    ]
    assert len(found) > 15
    return found


async def refused(console: Any, role: str, asked: list[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return the routes that refuse a role."""
    headers = console.sign_in(role)
    found = set()
    for method, path in asked:
        answer = await console.http.request(method, path, headers=headers, json=_body(method))
        if answer.status_code == 403:
            assert answer.json()["error"] == "forbidden"
            found.add((method, path))
    return found


@pytest.mark.filterwarnings("ignore:Duplicate Operation ID:UserWarning")
async def test_a_viewer_reads_an_operator_changes_and_an_owner_manages_accounts(console: Any) -> None:
    asked = routes(console)
    of_owners = {(method, path) for method, path in asked if path.startswith(USERS)}
    changing = {(method, path) for method, path in asked if method != "GET"}

    assert await refused(console, "viewer", asked) == changing | of_owners
    assert await refused(console, "operator", asked) == of_owners
    assert await refused(console, "owner", asked) == set()
    assert await refused(console, "", asked) == changing | of_owners
    assert len(of_owners) == 6
    assert len(changing - of_owners) >= 3


@pytest.mark.filterwarnings("ignore:Duplicate Operation ID:UserWarning")
async def test_in_production_who_must_change_the_password_may_do_nothing_else(console_in_production: Any) -> None:
    console = console_in_production
    headers = console.sign_in("owner", must_change_password=True)

    answers = [
        await console.http.request(method, path, headers=headers, json=_body(method))
        for method, path in routes(console)
    ]
    me = await console.http.get("/v1/admin/auth/me", headers=headers)
    words = {"current_password": "old", "new_password": "new"}
    changed = await console.http.post("/v1/admin/auth/password", headers=headers, json=words)
    after = await console.http.get("/v1/admin/outbox", headers=headers)

    assert {(one.status_code, one.json()["error"]) for one in answers} == {(403, "password_change_required")}
    assert (me.status_code, me.json()["must_change_password"]) == (200, True)
    assert (changed.status_code, is_let_in(after)) == (204, True)


async def test_in_production_who_must_change_the_password_may_sign_out(console_in_production: Any) -> None:
    headers = console_in_production.sign_in("owner", must_change_password=True)

    assert (await console_in_production.http.post("/v1/admin/auth/logout", headers=headers)).status_code == 204


async def test_in_dev_the_default_password_opens_every_route(console: Any) -> None:
    headers = console.sign_in("owner", must_change_password=True)

    assert is_let_in(await console.http.get("/v1/admin/outbox", headers=headers))


async def test_an_ended_session_and_a_lost_role_are_felt_within_seconds_and_portal_is_asked_seldom(
    console: Any,
) -> None:
    clock = _Clock()
    console.gateway.app.state.staff = Staff(console.gateway.app.state.contexts, clock)
    operator, ended = console.sign_in("operator"), console.sign_in("operator")
    asked = [console.http.post(f"/v1/admin/portals/{ID}/resume", headers=one) for one in [operator, ended] * 20]
    assert {answer.status_code == 403 for answer in await asyncio.gather(*asked)} == {False}
    assert console.sessions.asked == 2

    console.holder(operator).role = "viewer"
    del console.sessions.live[_session_of(console, ended)]
    clock.at += FRESH_S
    demoted = await console.http.post(f"/v1/admin/portals/{ID}/resume", headers=operator)
    out = [await console.http.get("/v1/admin/outbox", headers=ended) for _ in range(3)]

    assert (demoted.status_code, demoted.json()["error"]) == (403, "forbidden")
    assert {answer.status_code for answer in out} == {401}
    assert console.sessions.asked == 4
    assert FRESH_S <= 5


async def test_who_signs_out_or_is_changed_here_feels_it_at_once(console: Any) -> None:
    owner, other = console.sign_in("owner"), console.sign_in("owner")
    other_id = console.holder(other).id
    assert is_let_in(await console.http.get("/v1/admin/outbox", headers=other))

    await console.http.patch(f"{USERS}/{other_id}", headers=owner, json={"role": "viewer"})
    demoted = await console.http.get(USERS, headers=other)
    await console.http.post("/v1/admin/auth/logout", headers=other)
    out = await console.http.get("/v1/admin/outbox", headers=other)

    assert (demoted.status_code, out.status_code) == (403, 401)


async def test_while_portal_is_away_its_last_word_holds_and_strangers_wait(console: Any) -> None:
    clock = _Clock()
    console.gateway.app.state.staff = Staff(console.gateway.app.state.contexts, clock)
    known, unknown = console.sign_in("viewer"), console.sign_in("owner")
    await console.http.get("/v1/admin/outbox", headers=known)
    console.sessions.away = True
    clock.at += 600

    read = await console.http.get("/v1/admin/dialogs", headers=known)
    changed = await console.http.post(f"/v1/admin/portals/{ID}/resume", headers=known)
    never_seen = await console.http.get("/v1/admin/auth/me", headers=unknown)
    console.sessions.away = False
    clock.at += FRESH_S
    seen = await console.http.get("/v1/admin/auth/me", headers=unknown)

    assert (read.status_code, changed.status_code) == (502, 403)  # this messaging does not list dialogs
    assert (never_seen.status_code, never_seen.json()["error"]) == (503, "unavailable")
    assert seen.status_code == 200


def is_let_in(answer: httpx.Response) -> bool:
    """Past the door it is delivery that is not there."""
    return (answer.status_code, answer.json()["error"]) == (503, "unavailable")


class _Clock:
    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def _session_of(console: Any, headers: dict[str, str]) -> str:
    holder = console.holder(headers)
    return str(next(session_id for session_id, admin in console.sessions.live.items() if admin is holder))


def _body(method: str) -> Any:
    return None if method in {"GET", "DELETE"} else {}


def _filled(path: str) -> str:
    return "/".join(
        ID.replace("-", "") if part == "{trace_id}" else ID if part[:1] == "{" else part
        for part in path.split("/")
    )
