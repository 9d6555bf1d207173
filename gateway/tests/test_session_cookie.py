"""The console's session: a cookie that is set, spent in turn, refused to other sites, and dropped."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from edge.session_cookie import NAME

CONSOLE = {"x-teachbase-console": "1"}
AUTH = "/v1/admin/auth"


async def sign_in(console: Any, **headers: str) -> httpx.Response:
    body = {"email": "anna@teachbase.test", "password": "a password somebody chose"}
    answer: httpx.Response = await console.http.post(f"{AUTH}/login", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer


async def refresh(console: Any, **asked: Any) -> httpx.Response:
    answer: httpx.Response = await console.http.post(f"{AUTH}/refresh", **asked)
    return answer


async def test_a_program_is_answered_as_ever_and_gets_a_cookie_that_no_script_reads(console: Any) -> None:
    opened = await sign_in(console)

    assert opened.json()["refresh_token"] == "refresh-1"
    cookie = opened.headers["set-cookie"]
    assert cookie == f"{NAME}=refresh-1; HttpOnly; Path=/v1/admin/auth; SameSite=strict"
    renewed = await refresh(console, json={"refresh_token": "refresh-1"})
    assert renewed.json()["refresh_token"] == "refresh-2"


async def test_the_consoles_refresh_token_is_in_its_cookie_alone(console: Any) -> None:
    opened = await sign_in(console, **CONSOLE)
    renewed = await refresh(console, headers=CONSOLE)

    assert (opened.json()["refresh_token"], renewed.json()["refresh_token"]) == (None, None)
    assert renewed.json()["access_token"]
    assert console.http.cookies[NAME] == "refresh-2"


@pytest.mark.parametrize(
    "headers",
    [{}, {**CONSOLE, "sec-fetch-site": "cross-site"}, {**CONSOLE, "sec-fetch-site": "same-site"}],
)
async def test_another_site_spends_nothing(console: Any, headers: dict[str, str]) -> None:
    await sign_in(console, **CONSOLE)

    refused = await refresh(console, headers=headers)

    assert (refused.status_code, refused.json()["error"]) == (403, "cross_site_request")
    assert "set-cookie" not in refused.headers
    assert (await refresh(console, headers=CONSOLE)).status_code == 200


async def test_a_spent_cookie_is_refused_and_dropped(console: Any) -> None:
    await sign_in(console, **CONSOLE)
    await refresh(console, headers=CONSOLE)
    console.http.cookies.clear()

    again = await refresh(console, headers={**CONSOLE, "cookie": f"{NAME}=refresh-1"})

    assert (again.status_code, again.json()["error"]) == (401, "unauthenticated")
    assert f'{NAME}=""' in again.headers["set-cookie"]
    assert "Max-Age=0" in again.headers["set-cookie"]


async def test_a_renewal_that_is_asked_for_again_sets_the_same_cookie(console: Any) -> None:
    opened = await sign_in(console, **CONSOLE)
    body = {"request_id": str(uuid4())}
    lost = await refresh(console, headers=CONSOLE, json=body)
    console.http.cookies.clear()

    old = opened.headers["set-cookie"].partition(";")[0]
    again = await refresh(console, headers={**CONSOLE, "cookie": old}, json=body)

    assert again.status_code == 200
    assert again.headers["set-cookie"] == lost.headers["set-cookie"]
    assert (await refresh(console, headers=CONSOLE, json={"request_id": "of nobody"})).status_code == 422


async def test_who_has_neither_token_nor_cookie_is_not_signed_in(console: Any) -> None:
    answers = [await refresh(console), await refresh(console, json={}), await refresh(console, headers=CONSOLE)]

    assert [(one.status_code, one.json()["error"]) for one in answers] == [(401, "unauthorized")] * 3


async def test_signing_out_drops_the_cookie(console: Any) -> None:
    await sign_in(console, **CONSOLE)

    ended = await console.http.post(f"{AUTH}/logout", headers=console.sign_in("owner"))

    assert ended.status_code == 204
    assert NAME not in console.http.cookies


async def test_outside_of_development_the_cookie_travels_under_https_alone(console_in_production: Any) -> None:
    opened = await sign_in(console_in_production, **CONSOLE)

    assert "Secure" in opened.headers["set-cookie"]
