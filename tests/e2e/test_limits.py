"""Limits of attempts: they count failures of a source, say when to come back, and refuse nobody who is right."""

import asyncio
import uuid
from typing import Any

import httpx
import pytest

from tests.e2e.product import FORM, Product


def source() -> dict[str, str]:
    """An address that no other test fails from, as the proxy tells it to the gateway."""
    number = uuid.uuid4().int
    return {"x-forwarded-for": f"198.{18 + number % 2}.{number // 7 % 256}.{number // 11 % 256}"}


def gateway(product: Product) -> str:
    return f"http://127.0.0.1:{product.environment['TB_GATEWAY_PORT']}"


async def failures(product: Product, path: str, body: dict[str, Any], headers: dict[str, str]) -> httpx.Response:
    """Fail till there is another answer than the first."""
    first = await product.http.post(gateway(product) + path, json=body, headers=headers)
    for _ in range(20):
        answer = await product.http.post(gateway(product) + path, json=body, headers=headers)
        if answer.status_code != first.status_code:
            return answer
    raise AssertionError(f"{path} still answers {answer.status_code}")


def is_told_to_wait(answer: httpx.Response) -> bool:
    return (
        (answer.status_code, answer.json()["error"]) == (429, "too_many_attempts")
        and 0 < int(answer.headers["retry-after"]) <= 60
        and set(answer.json()) == {"error", "trace_id", "message", "detail"}
    )


async def test_a_source_of_forged_installs_is_told_to_wait_and_a_true_one_gets_in(product: Product) -> None:
    portal, here = await product.portal(users_count=2), source()
    forged = {"AUTH_ID": "forged", "member_id": portal["member_id"], "DOMAIN": portal["domain"]}

    limited = await failures(product, "/v1/bitrix/install/complete", forged, here)
    form = (await product.sim("POST", f"/portals/{portal['member_id']}/open", user_id=1))["form"]
    true = await product.http.post(f"{gateway(product)}/v1/bitrix/install/complete", data=form, headers=here)

    assert is_told_to_wait(limited)
    assert (true.status_code, true.json()["status"]) == (200, "ok")


async def test_a_guesser_is_told_to_wait_and_the_admin_gets_in_from_elsewhere(product: Product) -> None:
    path, here = "/v1/admin/auth/login", source()
    wrong, right = ({"email": "admin@localhost", "password": word} for word in ("guess", "changeme"))

    limited = await failures(product, path, wrong, here)
    locked_out = await product.http.post(gateway(product) + path, json=right, headers=here)
    elsewhere = await product.http.post(gateway(product) + path, json=right, headers=source())

    assert is_told_to_wait(limited)
    assert is_told_to_wait(locked_out)
    assert elsewhere.status_code == 200


async def test_who_comes_through_the_proxy_cannot_choose_his_address(product: Product) -> None:
    answers = [await product.post_event(b"a=b", {**FORM, **headers}) for headers in ({}, source())]

    rows = [(await product.admin("/inbound-events", trace_id=one.json()["trace_id"]))["items"] for one in answers]

    assert rows[0][0]["remote_ip"] == rows[1][0]["remote_ip"]


async def test_a_large_body_is_refused_before_it_is_read(product: Product) -> None:
    body = b"x" * (50 * 1024 * 1024)

    answer = await product.http.post(f"{product.url}/v1/admin/auth/login", content=body)

    assert (answer.status_code, answer.json()["error"]) == (413, "body_too_large")


@pytest.mark.timeout(60)
async def test_a_fault_of_one_request_leaves_its_neighbours_alone(product: Product) -> None:
    deep, url = b'{"AUTH_ID": ' + b"[" * 100_000, f"{product.url}/v1/bitrix/install/complete"
    as_json = {"content-type": "application/json"}

    async def both(_: int) -> tuple[int, int]:
        bad, good = await asyncio.gather(
            product.http.post(url, content=deep, headers=as_json), product.post_event(b"a=b")
        )
        return bad.status_code, good.status_code

    assert set(await asyncio.gather(*map(both, range(40)))) == {(400, 200)}
