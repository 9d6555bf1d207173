"""Every kind of token on every kind of route: only the one that is meant opens it."""

import base64
import json
import time
from typing import Any

import jwt
import pytest

from tests.e2e.product import Product

NOBODY = "00000000-0000-0000-0000-000000000000"
OPEN = {"/v1/admin/auth/login", "/v1/admin/auth/refresh"}
"""Routes under a guarded prefix that begin a session: they take no bearer."""


@pytest.fixture
async def tokens(product: Product) -> dict[str, str]:
    """One of each kind, all live."""
    portal = await product.portal(users_count=3)
    installed = await product.install(portal, [1, 2])
    session = await _login(product)
    link = (await product.admin_post(f"/portals/{installed['complete']['portal_id']}/authorize")).json()["url"]
    opened = {
        user_id: await product.sim("POST", f"/portals/{portal['member_id']}/open", user_id=user_id)
        for user_id in (1, 2)
    }
    return {
        "admin": session["access_token"],
        "admin refresh": session["refresh_token"],
        "portal admin": await _portal_token(product, portal, opened[1]),
        "portal employee": await _portal_token(product, portal, opened[2]),
        "bitrix access": opened[1]["form"]["AUTH_ID"],
        "bitrix refresh": opened[1]["form"]["REFRESH_ID"],
        "application": portal["application_token"],
        "authorization state": link.split("state=")[1],
        "unsigned admin": _unsigned({"aud": "admin", "sub": NOBODY, "sid": NOBODY, "role": "owner"}),
        "unsigned portal": _unsigned({"aud": "portal", "sub": NOBODY, "mid": "0" * 32, "uid": 1, "adm": True}),
        "admin of a stranger's key": _signed({"aud": "admin", "sub": NOBODY, "sid": NOBODY, "role": "owner"}),
        "portal of a stranger's key": _signed({"aud": "portal", "sub": NOBODY, "mid": "0", "uid": 1, "adm": True}),
        "nonsense": "Ω" * 10,
        "nothing": "",
    }


async def test_only_the_token_that_is_meant_opens_a_route(product: Product, tokens: dict[str, str]) -> None:
    opened = []
    guarded = await _guarded(product)
    for method, path, meant in guarded:
        for kind, token in tokens.items():
            if kind in meant:
                continue
            answer = await _call(product, method, path, token)
            if answer.status_code not in {401, 403} or set(answer.json()) != {
                "error",
                "trace_id",
                "message",
                "detail",
            }:
                opened.append((method, path, kind, answer.status_code))

    assert len(guarded) > 35
    assert opened == []


async def test_the_token_that_is_meant_is_not_unauthorized(product: Product, tokens: dict[str, str]) -> None:
    refused = []
    for method, path, meant in await _guarded(product):
        if path.endswith(("/auth/logout", "/auth/password", "/finalize")):
            continue  # they end the session that is used here; the last rightly refuses another portal's id
        answer = await _call(product, method, path, tokens[meant[0]])
        if answer.status_code in {401, 403} or answer.status_code >= 500:
            refused.append((method, path, answer.status_code, answer.text))

    assert refused == []


async def test_an_employees_token_changes_and_lists_nothing(product: Product, tokens: dict[str, str]) -> None:
    allowed = {
        ("GET", "/v1/portal/status"),
        ("GET", "/v1/portal/usage"),
        ("POST", "/v1/portal/kb/search"),  # where the administrator lets them ask the bot
        ("POST", "/v1/portal/kb/ask"),
    }
    opened = []
    for method, path, meant in await _guarded(product):
        if meant[0] == "portal admin" and (method, path) not in allowed:
            answer = await _call(product, method, path, tokens["portal employee"])
            if answer.status_code != 403:
                opened.append((method, path, answer.status_code))

    assert opened == []


async def _guarded(product: Product) -> list[tuple[str, str, list[str]]]:
    """Every route that needs a bearer, and which kinds of token are meant for it, the strongest first."""
    api = (await product.http.get(f"{product.url}/openapi.json")).json()
    routes = []
    for path, operations in api["paths"].items():
        for method in operations:
            if path in OPEN:
                continue
            if path.startswith("/v1/admin/"):
                routes.append((method.upper(), path, ["admin"]))
            elif path.startswith("/v1/portal/") or path == "/v1/bitrix/install/finalize":
                routes.append((method.upper(), path, ["portal admin", "portal employee"]))
    return routes


async def _call(product: Product, method: str, path: str, token: str) -> Any:
    filled = path
    while "{" in filled:
        begin, end = filled.index("{"), filled.index("}")
        filled = f"{filled[:begin]}{'0' * 32 if 'trace' in filled[begin:end] else NOBODY}{filled[end + 1 :]}"
    headers = {"authorization": b"Bearer " + token.encode()} if token else {}
    body = None if method == "GET" else {"portal_id": NOBODY, "selected_user_ids": []}
    url = f"{product.url}{filled}"
    return await product.http.request(method, url, headers=headers, json=body)  # type: ignore[arg-type] # bytes


async def _login(product: Product) -> dict[str, str]:
    body = {"email": "admin@localhost", "password": "changeme"}
    session: dict[str, str] = (await product.http.post(f"{product.url}/v1/admin/auth/login", json=body)).json()
    return session


async def _portal_token(product: Product, portal: dict[str, Any], opened: dict[str, Any]) -> str:
    body = {"AUTH_ID": opened["form"]["AUTH_ID"], "member_id": portal["member_id"]}
    answer = await product.http.post(f"{product.url}/v1/bitrix/session", json=body)
    return str(answer.json()["portal_token"])


def _unsigned(claims: dict[str, Any]) -> str:
    parts = ({"alg": "none", "typ": "JWT"}, {**claims, "exp": int(time.time()) + 600})
    return (
        ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts) + "."
    )


def _signed(claims: dict[str, Any]) -> str:
    return jwt.encode({**claims, "exp": int(time.time()) + 600}, "k" * 32, algorithm="HS256")
