"""The pages that Bitrix24 opens in its frame."""

import re
from typing import Any

import pytest

from tests.e2e.product import Product


async def opened(product: Product, portal: dict[str, Any], user_id: int = 1) -> dict[str, dict[str, str]]:
    page: dict[str, dict[str, str]] = await product.sim(
        "POST", f"/portals/{portal['member_id']}/open", user_id=user_id
    )
    return page


@pytest.mark.parametrize(("path", "page"), [("install", "install"), ("handler", "main"), ("placement", "main")])
async def test_a_portals_page_may_be_framed_by_that_portal_only_and_holds_no_secret(
    product: Product, path: str, page: str
) -> None:
    portal = await product.portal()
    sent = await opened(product, portal)

    answer = await product.http.post(f"{product.url}/v1/bitrix/{path}", params=sent["query"], data=sent["form"])

    assert answer.status_code == 200, answer.text
    policy = answer.headers["content-security-policy"]
    assert f"frame-ancestors {product.sim_url}" in policy
    assert f"script-src 'self' {product.sim_url};" in policy
    assert "x-frame-options" not in answer.headers
    assert f'"page":"{page}"' in answer.text
    for name in ("AUTH_ID", "REFRESH_ID", "APPLICATION_TOKEN"):
        assert sent["form"][name] not in answer.text
    for asset in re.findall(r'(?:src|href)="(/assets/[^"]+)"', answer.text):
        file = await product.http.get(f"{product.url}{asset}")
        assert (file.status_code, "immutable" in file.headers["cache-control"]) == (200, True)
        assert file.headers.get("content-encoding") == "gzip" or int(file.headers["content-length"]) < 1000


@pytest.mark.parametrize(
    ("changed", "status"),
    [({"AUTH_ID": "guessed"}, 403), ({"member_id": "f" * 32}, 403), ({"AUTH_ID": ""}, 400)],
)
async def test_who_is_not_verified_gets_a_notice_and_nothing_else(
    product: Product, changed: dict[str, str], status: int
) -> None:
    sent = await opened(product, await product.portal())

    answer = await product.http.post(f"{product.url}/v1/bitrix/handler", data={**sent["form"], **changed})

    assert (answer.status_code, answer.headers["content-type"][:9]) == (status, "text/html")
    assert "script-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-trace-id"] in answer.text


@pytest.mark.parametrize("path", ["install", "handler"])
async def test_a_person_who_opens_the_address_is_told_where_the_app_is(product: Product, path: str) -> None:
    answer = await product.http.get(f"{product.url}/v1/bitrix/{path}?LANG=en")

    assert answer.status_code == 200
    assert "in your Bitrix24" in answer.text


async def test_an_asset_that_is_not_there_is_a_plain_404(product: Product) -> None:
    for path in ("/assets/nothing.js", "/assets/../pyproject.toml", "/assets/%2e%2e/portal.html"):
        assert (await product.http.get(f"{product.url}{path}")).status_code == 404


async def test_nothing_says_what_serves(product: Product) -> None:
    paths = (
        "/health",
        "/v1/bitrix/install",
        "/v1/admin/portals",
        "/admin",
        "/metrics",
        "/openapi.json",
        "/nothing",
    )

    for path in paths:
        answer = await product.http.get(f"{product.url}{path}")
        told = {
            name for name in answer.headers if name in {"server", "via"} or name.startswith(("x-envoy", "x-pow"))
        }
        assert not told, path
        assert answer.headers["x-content-type-options"] == "nosniff", path
