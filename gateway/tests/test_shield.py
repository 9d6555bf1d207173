"""On every route: what a browser may do with an answer, and how long a request may be."""

import re
from typing import Any

import httpx
import pytest

from edge.body_limit import MAX_BODY, UPLOADS
from edge.events_address import PATH as EVENTS

ID = "00000000-0000-4000-8000-000000000001"
PAGES = {"/admin", "/admin/portals", "/v1/bitrix/install", "/v1/bitrix/handler", "/v1/bitrix/oauth/callback"}


def routes(gateway: Any) -> list[tuple[str, str]]:
    """Every method of every address that the API describes, filled in."""
    return [
        (method.upper(), re.sub(r"\{[^}]+\}", ID, path))
        for path, methods in gateway.app.openapi()["paths"].items()
        for method in methods
    ]


def policy(answer: httpx.Response) -> dict[str, str]:
    parts = (one.strip().partition(" ") for one in answer.headers["content-security-policy"].split(";"))
    return {name: value for name, _, value in parts}


@pytest.mark.filterwarnings("ignore:Duplicate Operation ID:UserWarning")
async def test_every_answer_tells_a_browser_how_little_it_may_do(public: Any) -> None:
    asked = [
        *routes(public),
        *(("GET", path) for path in (*PAGES, "/openapi.json", "/nothing", "/assets/a.js", "/assets/nothing.js")),
        *(("POST", path) for path in ("/v1/bitrix/install", "/v1/bitrix/handler", "/nothing")),
        *(("PATCH", path) for path in ("/health", EVENTS)),
    ]

    answers = {one: await public.http.request(*one) for one in asked}

    assert len(answers) > 80
    assert {200, 401, 404, 405, 422, 503} <= {answer.status_code for answer in answers.values()}
    for one, answer in answers.items():
        said = answer.headers
        assert said["x-content-type-options"] == "nosniff", one
        assert said["referrer-policy"] == "no-referrer", one
        assert said["strict-transport-security"] == "max-age=31536000", one
        assert said["cache-control"] in {"no-store", "public, max-age=31536000, immutable"}, one
        assert not {"server", "x-powered-by", "access-control-allow-origin"} & set(said), one
        assert policy(answer)["default-src"] == "'none'", one
        assert "frame-ancestors" in policy(answer), one
        assert "unsafe" not in said["content-security-policy"], one
        html = said.get("content-type", "").startswith("text/html")
        assert html or policy(answer)["frame-ancestors"] == "'none'", one
    assert all(answers["GET", path].headers["content-type"].startswith("text/html") for path in PAGES)
    assert policy(answers["GET", "/admin"])["frame-ancestors"] == "'none'"
    assert policy(answers["GET", "/admin"])["script-src"] == "'self'"


async def test_a_fault_of_ours_is_shielded_too(public: Any) -> None:
    del public.app.state.guard

    answer = await public.http.get("/v1/admin/portals", headers={"authorization": "Bearer x"})

    assert answer.status_code == 500
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_plain_http_promises_no_https(gateway: Any) -> None:
    assert "strict-transport-security" not in (await gateway.http.get("/health")).headers


@pytest.mark.filterwarnings("ignore:Duplicate Operation ID:UserWarning")
async def test_every_route_refuses_a_body_over_its_limit(gateway: Any) -> None:
    asked = [one for one in routes(gateway) if one[0] not in {"GET", "HEAD", "OPTIONS"} and one[1] != EVENTS]

    answers = {
        (method, path): await gateway.http.request(
            method, path, content=b"x", headers={"content-length": str(UPLOADS.get(path, MAX_BODY) + 1)}
        )
        for method, path in asked
    }

    assert len(answers) > 40
    assert {(one.status_code, one.json()["error"]) for one in answers.values()} == {(413, "body_too_large")}
    assert {path for _, path in answers} >= set(UPLOADS)


async def test_an_event_over_the_limit_is_kept_cut_for_it_may_be_asked_about(gateway: Any) -> None:
    answer = await gateway.post("x" * (MAX_BODY + 1))

    assert answer.status_code == 200
    assert [len(body) for body in gateway.messaging.bodies] == [MAX_BODY]
