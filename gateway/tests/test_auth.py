"""Who may ask: each token with its own key and audience, on every route of the console."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.fernet import Fernet

from edge.auth import Guard
from edge.errors import ApiError
from kit.keyring import KeyRing

PUBLIC = {"/v1/admin/auth/login", "/v1/admin/auth/refresh"}
ID = str(uuid4())


def mint(keyring: KeyRing, audience: str = "admin", key_of: str = "", **changed: Any) -> str:
    claims = {
        "aud": audience,
        "sub": ID,
        "sid": ID,
        "mid": "5f2c",
        "uid": 1,
        "adm": True,
        "exp": datetime.now(UTC) + timedelta(minutes=5),
        **changed,
    }
    key = keyring.signing_keys(f"{key_of or audience}-session")[0]
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, key, "HS256")


@pytest.fixture
def keyring() -> KeyRing:
    return KeyRing(Fernet.generate_key().decode())


def refusal(keyring: KeyRing, token: str, audience: str = "admin") -> ApiError:
    with pytest.raises(ApiError) as refused:
        Guard(keyring).claims(token, audience)
    assert refused.value.status == 401
    return refused.value


@pytest.mark.parametrize("audience", ["admin", "portal"])
def test_a_token_is_good_for_its_audience(keyring: KeyRing, audience: str) -> None:
    assert Guard(keyring).claims(mint(keyring, audience), audience)["sub"] == ID


def test_a_token_of_another_audience_key_or_ring_is_refused(keyring: KeyRing) -> None:
    stranger = KeyRing(Fernet.generate_key().decode())
    unsigned = jwt.encode({"aud": "admin", "sub": ID, "exp": 4_000_000_000}, "", "none")

    for token in (
        mint(keyring, "portal"),
        mint(keyring, "admin", key_of="portal"),
        mint(keyring, "portal", key_of="admin"),
        mint(keyring, "admin-refresh", key_of="admin-refresh"),
        mint(keyring, "admin", key_of="admin-refresh"),
        mint(stranger, "admin"),
        mint(keyring, exp=None),
        mint(keyring, sub=None),
        unsigned,
        "",
        "a.b.c",
    ):
        assert refusal(keyring, token).error == "unauthorized"


def test_an_expired_token_says_so(keyring: KeyRing) -> None:
    assert refusal(keyring, mint(keyring, exp=datetime.now(UTC) - timedelta(seconds=1))).error == "token_expired"


def test_after_a_rotation_a_token_of_the_old_key_is_good_till_it_ends() -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    token = mint(KeyRing(old))

    assert Guard(KeyRing(f"{new},{old}")).claims(token, "admin")["sub"] == ID
    assert refusal(KeyRing(new), token).error == "unauthorized"


@pytest.mark.filterwarnings("ignore:Duplicate Operation ID:UserWarning")
async def test_every_route_of_the_console_refuses_who_is_no_admin(gateway: Any) -> None:
    paths = gateway.app.openapi()["paths"]
    routes = [
        (method.upper(), path)
        for path, methods in paths.items()
        if path.startswith("/v1/admin") and path not in PUBLIC
        for method in methods
    ]
    portal_user = {"authorization": f"Bearer {mint(gateway.keyring, 'portal')}"}

    answers = {
        (method, path, bool(headers)): await gateway.http.request(method, _filled(path), headers=headers)
        for method, path in routes
        for headers in ({}, portal_user)
    }

    assert len(routes) >= 12
    assert {answer.status_code for answer in answers.values()} == {401}
    for answer in answers.values():
        assert answer.json()["error"] == "unauthorized"
        assert answer.json()["trace_id"] == answer.headers["x-trace-id"]
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_an_admin_gets_past_the_door_and_is_told_which_context_is_away(console: Any) -> None:
    answer = await console.http.get("/v1/admin/outbox", headers=console.sign_in("viewer"))

    assert (answer.status_code, answer.json()["error"]) == (503, "unavailable")
    assert console.sessions.asked == 1


async def test_only_an_administrator_of_that_portal_finalizes_its_install(gateway: Any) -> None:
    def session(**changed: Any) -> dict[str, str]:
        return {"authorization": f"Bearer {mint(gateway.keyring, 'portal', **changed)}"}

    body = {"portal_id": ID, "selected_user_ids": [1]}
    path = "/v1/bitrix/install/finalize"

    answers = [
        await gateway.http.post(path, json=body),
        await gateway.http.post(path, json=body, headers={"authorization": f"Bearer {mint(gateway.keyring)}"}),
        await gateway.http.post(path, json=body, headers=session(adm=False)),
        await gateway.http.post(path, json={**body, "portal_id": str(uuid4())}, headers=session()),
    ]

    assert [answer.status_code for answer in answers] == [401, 401, 403, 403]


async def test_every_operation_has_an_id_of_its_own(gateway: Any) -> None:
    gateway.app.openapi_schema = None

    paths = gateway.app.openapi()["paths"]  # FastAPI warns of a double

    assert paths


def _filled(path: str) -> str:
    """The path with an id for each of its parameters."""
    return "/".join(
        ID.replace("-", "") if part == "{trace_id}" else ID if part[:1] == "{" else part
        for part in path.split("/")
    )
