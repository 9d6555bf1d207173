"""The OAuth server: rotation, codes, refusals, and whose token it is (contract 1.5, 2)."""

from typing import Any

import pytest

from b24sim.testing import FakeClock, Sim

CLIENT = {"client_id": "app.local.teachbase", "client_secret": "local-secret"}


async def refresh(sim: Sim, token: str, **fields: str) -> Any:
    given = {"grant_type": "refresh_token", "refresh_token": token, **CLIENT, **fields}
    return await sim.http.post("/oauth/token/", data=given)


async def test_a_refresh_gives_a_new_pair_and_the_old_token_works_once(sim: Sim, clock: FakeClock) -> None:
    portal = await sim.portal(domain="romashka-demo.bitrix24.ru", token_ttl=1800)
    old = portal["admin"]["refresh_token"]

    first, second = await refresh(sim, old), await refresh(sim, old)

    answer = first.json()
    assert list(answer) == [
        "access_token", "client_endpoint", "domain", "expires", "expires_in", "member_id", "refresh_token",
        "scope", "server_endpoint", "status", "user_id",
    ]  # fmt: skip
    assert answer["client_endpoint"] == f"{sim.url}/portals/romashka-demo.bitrix24.ru/rest/"
    assert (answer["domain"], answer["expires_in"]) == ("oauth.bitrix24.tech", 1800)
    assert answer["expires"] == clock.now + 1800
    assert (second.status_code, second.json()["error"]) == (400, "invalid_grant")
    assert (await refresh(sim, answer["refresh_token"])).status_code == 200


async def test_a_refresh_by_query_works_too(sim: Sim) -> None:
    portal = await sim.portal()
    given = {"grant_type": "refresh_token", "refresh_token": portal["admin"]["refresh_token"], **CLIENT}

    answer = await sim.http.get("/oauth/token/", params=given)

    assert answer.json()["member_id"] == portal["member_id"]


async def test_a_code_is_exchanged_once_within_thirty_seconds(sim: Sim, clock: FakeClock) -> None:
    portal = await sim.portal()
    path = f"/portals/{portal['member_id']}/code"
    code = (await sim.control("POST", path, {"user_id": 2}))["code"]
    late = (await sim.control("POST", path, {"user_id": 2}))["code"]
    given = {"grant_type": "authorization_code", "code": code, **CLIENT}

    good = await sim.http.get("/oauth/token/", params=given)
    again = await sim.http.get("/oauth/token/", params=given)
    clock.now += 31
    too_late = await sim.http.get("/oauth/token/", params={**given, "code": late})

    assert good.json()["user_id"] == 2
    assert again.json()["error"] == too_late.json()["error"] == "bad_verification_code"


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "wrong"}, "invalid_client"),
        ({"grant_type": "password"}, "invalid_request"),
        ({"refresh_token": "unknown"}, "invalid_grant"),
    ],
)
async def test_a_wrong_request_is_refused_by_code(sim: Sim, fields: dict[str, str], error: str) -> None:
    portal = await sim.portal()

    answer = await refresh(sim, portal["admin"]["refresh_token"], **fields)

    assert (answer.status_code, answer.json()["error"]) == (400, error)


async def test_a_refresh_token_ends_after_180_days(sim: Sim, clock: FakeClock) -> None:
    portal = await sim.portal()
    clock.now += 180 * 86_400

    answer = await refresh(sim, portal["admin"]["refresh_token"])

    assert answer.json()["error"] == "invalid_grant"


async def test_app_info_says_whose_token_it_is(sim: Sim) -> None:
    portal = await sim.portal(domain="romashka-demo.bitrix24.ru")

    answer = await sim.http.get("/rest/app.info", params={"auth": portal["admin"]["access_token"]})

    result = answer.json()["result"]
    assert (result["client_id"], result["user_id"]) == ("app.local.teachbase", 1)
    assert result["install"]["member_id"] == portal["member_id"]
    assert result["install"]["client_endpoint"] == portal["client_endpoint"]
    assert result["install"]["installed"] is False


async def test_app_info_refuses_unknown_and_ended_tokens(sim: Sim, clock: FakeClock) -> None:
    portal = await sim.portal(token_ttl=10)
    clock.now += 10

    unknown = await sim.http.get("/rest/app.info", params={"auth": "deadbeef"})
    ended = await sim.http.get("/rest/app.info", params={"auth": portal["admin"]["access_token"]})

    assert (unknown.status_code, unknown.json()["error"]) == (400, "invalid_client")
    assert (ended.status_code, ended.json()["error"]) == (401, "expired_token")


async def test_a_token_is_taken_from_body_query_and_header(sim: Sim) -> None:
    portal = await sim.portal()
    url, token = portal["client_endpoint"] + "profile", portal["admin"]["access_token"]

    answers = [
        await sim.http.post(url, json={"auth": token}),
        await sim.http.post(url, data={"auth": token}),
        await sim.http.get(url, params={"auth": token}),
        await sim.http.post(url, headers={"Authorization": f"Bearer {token}"}),
    ]
    unread = await sim.http.post(url, content=f'{{"auth":"{token}"}}')  # JSON counts only with its Content-Type

    assert [answer.json()["result"]["ID"] for answer in answers] == ["1"] * 4
    assert unread.status_code == 401


async def test_a_call_with_an_ended_token_is_told_from_one_with_an_unknown(sim: Sim, clock: FakeClock) -> None:
    portal = await sim.portal(token_ttl=10)
    other = await sim.portal()
    clock.now += 10

    ended = await sim.call(portal, "profile")
    foreign = await sim.call(portal, "profile", auth=other["admin"]["access_token"])
    absent = await sim.http.post(portal["client_endpoint"] + "profile")

    assert (ended.status_code, ended.json()["error"]) == (401, "expired_token")
    assert (foreign.status_code, foreign.json()["error"]) == (401, "invalid_token")
    assert (absent.status_code, absent.json()["error"]) == (401, "NO_AUTH_FOUND")
