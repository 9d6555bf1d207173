"""What the edge cannot use is refused in the envelope, and nothing that goes wrong leaves the application."""

import asyncio
import time
import tracemalloc
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi.responses import StreamingResponse
from pydantic import ValidationError

from edge.body_limit import MAX_BODY
from edge.schemas.install import InstallComplete

JSON = {"content-type": "application/json"}
INSTALL, LOGIN = "/v1/bitrix/install/complete", "/v1/admin/auth/login"
DEEP = "[" * 100_000


def is_envelope(answer: Any) -> bool:
    return set(answer.json()) == {"error", "trace_id", "message", "detail"} and (
        answer.json()["trace_id"] == answer.headers["x-trace-id"]
    )


async def test_a_fault_of_ours_is_answered_and_does_not_reach_the_server(gateway: Any) -> None:
    del gateway.app.state.guard

    answer = await gateway.http.get("/v1/admin/portals", headers={"authorization": "Bearer x"})

    assert (answer.status_code, answer.json()["error"]) == (500, "internal")
    assert is_envelope(answer)
    assert "guard" not in answer.text


async def test_a_fault_in_the_middle_of_an_answer_does_not_reach_the_server(gateway: Any) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"first"
        raise RuntimeError("in the middle")

    gateway.app.add_api_route("/broken", lambda: StreamingResponse(broken()))
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/broken", "query_string": b"", "headers": []}
    await gateway.app(scope, gateway_waits, send)

    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert sent[-1]["more_body"]


async def test_nothing_is_simulated_in_production(console_in_production: Any, console: Any) -> None:
    path = "/v1/debug/simulate/bitrix/incoming"
    asked = {"portal_id": "00000000-0000-4000-8000-000000000001", "user_id": 1, "message": "ping"}

    off = await console_in_production.http.post(path, json=asked)
    on = await console.http.post(path, json=asked)

    assert (off.status_code, off.json()["error"]) == (404, "not_found")
    assert is_envelope(off)
    assert on.status_code != 404


async def gateway_waits() -> Any:
    """What the server gives to who asks for more of a request without a body."""
    return await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (INSTALL, DEEP),
        (INSTALL, '{"AUTH_ID": "\\ud800", "member_id": "x"}'),
        (INSTALL, '{"AUTH_ID": "x", "member_id": "\\udfff"}'),
        (INSTALL, '{"AUTH_ID": "x\\u0000", "member_id": "x"}'),
        (INSTALL, '{"\\ud800": "x"}'),
        (INSTALL, '{"AUTH_ID": "x", "member_id": "x", "AUTH_EXPIRES": {}}'),
        (INSTALL, "9" * 5000),
        (INSTALL, "null"),
        (INSTALL, b"\xff\xfe"),
        (LOGIN, DEEP),
        (LOGIN, '{"email": "\\ud800@x", "password": "x"}'),
        (LOGIN, '{"email": "a@x", "password": "\\u0000"}'),
        ("/v1/admin/auth/refresh", '{"refresh_token": "\\ud800"}'),
    ],
)
async def test_json_that_cannot_be_used_is_the_senders_fault(gateway: Any, path: str, body: str) -> None:
    answer = await gateway.http.post(path, content=body, headers=JSON)

    assert answer.status_code in {400, 422}, answer.text
    assert is_envelope(answer)


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=x", "text/plain", ""])
async def test_a_form_that_is_none_is_the_senders_fault(gateway: Any, kind: str) -> None:
    answer = await gateway.http.post(INSTALL, content=b"--x\r\nnothing", headers={"content-type": kind})

    assert answer.status_code in {400, 422}, answer.text
    assert is_envelope(answer)


@pytest.mark.parametrize("says_its_length", [True, False])
@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"])
@pytest.mark.parametrize("path", [INSTALL, LOGIN])
async def test_a_body_that_is_too_long_is_dropped_and_refused(
    gateway: Any, path: str, kind: str, says_its_length: bool
) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"--x\r\ncontent-disposition: form-data; name=a\r\n\r\n"
        for _ in range(50):
            yield b"x" * 1024 * 1024

    length = {"content-length": str(50 * 1024 * 1024)} if says_its_length else {}
    tracemalloc.start()
    answer = await gateway.http.post(
        path, content=body(), headers={"content-type": f"{kind}; boundary=x", **length}
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (answer.status_code, answer.json()["error"]) == (413, "body_too_large")
    assert is_envelope(answer)
    assert peak < 8 * 1024 * 1024


async def test_a_body_without_end_is_refused_before_it_ends(gateway: Any) -> None:
    read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield b"x" * 1024 * 1024

    answer = await gateway.http.post(LOGIN, content=body(), headers=JSON)

    assert answer.status_code == 413
    assert read < 100


async def test_a_body_of_a_mebibyte_is_read(gateway: Any) -> None:
    answer = await gateway.http.post(INSTALL, content=b"x" * MAX_BODY, headers=JSON)

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("", 3600),
        (None, 3600),
        ("1800", 1800),
        (60, 60),
        ("0", 0),
        ("604800", 86_400),
        ("1000000000", 0),
        ("99999999999999999999999999", 86_400),
    ],
)
def test_a_tokens_end_is_said_in_seconds_or_not_at_all_or_is_over(said: Any, seconds: int) -> None:
    claim = InstallComplete.model_validate({"AUTH_ID": "x", "member_id": "x", "AUTH_EXPIRES": said})

    assert seconds == claim.AUTH_EXPIRES


def test_a_tokens_end_is_said_as_a_moment() -> None:
    moment = int(time.time()) + 1800

    claim = InstallComplete.model_validate({"AUTH_ID": "x", "member_id": "x", "AUTH_EXPIRES": str(moment)})

    assert 1740 <= claim.AUTH_EXPIRES <= 1800


@pytest.mark.parametrize("said", ["soon", "-1", -1, [], "1e3"])
def test_a_tokens_end_that_is_no_number_is_refused(said: Any) -> None:
    with pytest.raises(ValidationError):
        InstallComplete.model_validate({"AUTH_ID": "x", "member_id": "x", "AUTH_EXPIRES": said})
