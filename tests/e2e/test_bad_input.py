"""What a stranger or a broken client sends: the right answer, a row, and no traceback."""

import asyncio
from typing import Any

import pytest

from tests.e2e.product import EVENTS, FORM, Product, eventually

MESSAGE = (EVENTS / "09-v2-messageadd-private.txt").read_bytes()

STRANGER = ("refused", "unknown_portal")
NO_EVENT = ("unparsable", "no_event")

BODIES: dict[str, tuple[bytes, dict[str, str], str, str]] = {
    "unknown portal": (MESSAGE.replace(b"5f2c1be0", b"ffffffff"), FORM, "refused", "unknown_portal"),
    "no event": (b"a=b", FORM, "unparsable", "no_event"),
    "empty": (b"", FORM, "unparsable", "empty_body"),
    "invalid utf-8": (b"event=\xff\xfe\x00&data[x]=\xc3\x28", FORM, "refused", "unknown_portal"),
    "5 001 keys": (b"&".join(b"k%d=1" % i for i in range(5001)), FORM, "unparsable", "too_many_keys"),
    "depth 50": (b"event" + b"[a]" * 50 + b"=1", FORM, "unparsable", "too_deep"),
    "not json": (b"{oops", {"content-type": "application/json"}, "unparsable", "not_json"),
    "json list": (b"[1]", {"content-type": "application/json"}, "unparsable", "not_an_object"),
    "2 MB": (b"event=X&a=" + b"x" * 2_000_000, FORM, "unparsable", "too_large"),
    "no content type": (MESSAGE.replace(b"5f2c1be0", b"fffffff1"), {}, "refused", "unknown_portal"),
    "an unknown content type": (MESSAGE.replace(b"5f2c1be0", b"fffffff2"), {"content-type": "x/y; z"}, *STRANGER),
    "a form that says it is json": (MESSAGE, {"content-type": "application/json"}, "unparsable", "not_json"),
    "json that says it is a form": (b'{"event": "ONX"}', FORM, "unparsable", "no_event"),
    "multipart": (b"--x\r\n\r\nevent=X\r\n--x--", {"content-type": "multipart/form-data; boundary=x"}, *NO_EVENT),
    "json of depth 50": (b'{"event":' * 50 + b"1" + b"}" * 50, {"content-type": "application/json"}, *NO_EVENT),
    "64 KB of text": (b"event=ONX&data[t]=" + b"%D1%8F" * 65536, FORM, "refused", "unknown_portal"),
}


@pytest.mark.parametrize("case", BODIES)
async def test_a_bad_body_gets_the_neutral_answer_and_a_row(product: Product, case: str) -> None:
    body, headers, outcome, reason = BODIES[case]

    answer = await product.post_event(body, headers or {"content-type": ""})

    assert answer.status_code == 200
    assert set(answer.json()) == {"status", "trace_id"}
    assert answer.json()["status"] == "ok"
    rows = (await product.admin("/inbound-events", trace_id=answer.json()["trace_id"]))["items"]
    assert [(row["outcome"], row["reason"]) for row in rows] == [(outcome, reason)]
    assert answer.headers["x-trace-id"] == answer.json()["trace_id"]


async def test_the_address_answers_probes(product: Product) -> None:
    for method in ("GET", "HEAD", "OPTIONS"):
        assert (await product.http.request(method, f"{product.url}/v1/bitrix/events")).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "error"),
    [
        ("GET", "/nowhere", None, 404, "not_found"),
        ("DELETE", "/health", None, 405, "method_not_allowed"),
        ("GET", "/v1/admin/portals", None, 401, "unauthorized"),
        ("POST", "/v1/admin/auth/login", {"email": "admin@localhost"}, 422, "validation_failed"),
        ("POST", "/v1/admin/auth/login", {"email": "no@body", "password": "x"}, 401, "invalid_credentials"),
        ("POST", "/v1/bitrix/install/complete", {"AUTH_ID": "x"}, 422, "validation_failed"),
        ("POST", "/v1/bitrix/install/complete", {"AUTH_ID": "x", "member_id": "y"}, 403, "install_not_verified"),
        ("POST", "/v1/bitrix/install/finalize", {"portal_id": "x"}, 401, "unauthorized"),
    ],
)
async def test_an_error_of_the_api_is_the_envelope(
    product: Product, method: str, path: str, body: Any, status: int, error: str
) -> None:
    answer = await product.http.request(method, product.url + path, json=body)

    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"error", "trace_id", "message", "detail"}
    assert answer.json()["error"] == error
    assert answer.json()["trace_id"] == answer.headers["x-trace-id"]


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/messages", {"cursor": "!!"}, 400),
        ("/messages", {"limit": 0}, 422),
        ("/messages", {"limit": 201}, 422),
        ("/messages", {"portal_id": "x"}, 422),
        ("/messages", {"state": "lost"}, 422),
        ("/messages", {"since": "yesterday"}, 422),
        ("/traces/zz", {}, 422),
        ("/traces/" + "0" * 32, {}, 404),
        ("/portals/00000000-0000-0000-0000-000000000001", {}, 404),
        ("/outbox/00000000-0000-0000-0000-000000000001", {}, 404),
        ("/dialogs/00000000-0000-0000-0000-000000000001", {}, 404),
    ],
)
async def test_a_list_refuses_what_it_cannot_use(
    product: Product, path: str, query: dict[str, Any], status: int
) -> None:
    answer = await product.admin_answer(path, **query)

    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"error", "trace_id", "message", "detail"}


async def test_events_survive_a_database_that_does_not_answer(product: Product) -> None:
    portal = await product.portal(users_count=2)
    await product.install(portal, [1])

    path = f"/portals/{portal['member_id']}/messages"

    with product.frozen("postgres"):
        written = await asyncio.gather(
            *(product.sim("POST", path, user_id=1, text=f"Вопрос {n}", wait=True) for n in range(20))
        )

    assert {one["event_status"] for one in written} == {200}
    await eventually(lambda: _answered(product, portal, 20), 40, "an answer to each")
    assert (await product.http.get(f"{product.url}/ready")).json()["spool_depth"] == 0


async def test_nothing_of_this_left_a_traceback(product: Product) -> None:
    for path in (product.run_dir / "logs").glob("*.log"):
        if path.stem not in {"postgres", "envoy"}:
            assert "Traceback" not in path.read_text(), path.name


async def _answered(product: Product, portal: dict[str, Any], count: int) -> bool:
    shown = await product.visible(portal, "1")
    return len([one for one in shown if one["from_bot"]]) == count + 1
