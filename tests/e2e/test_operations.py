"""What an operator sees of a running stack: health, reflection, metrics, logs without secrets."""

import asyncio
import json
import subprocess
from pathlib import Path

import pytest

from tests.e2e.product import Product, eventually

ROOT = Path(__file__).parents[2]
BUF = ROOT / ".venv" / "bin" / "buf"
SERVICES = {
    "TB_PORTAL_GRPC": "teachbase.portal.v1.PortalService",
    "TB_MESSAGING_GRPC": "teachbase.messaging.v1.MessagingService",
    "TB_DELIVERY_GRPC": "teachbase.delivery.v1.DeliveryService",
    "TB_BILLING_GRPC": "teachbase.billing.v1.BillingService",
}


async def test_it_is_healthy_and_ready(product: Product) -> None:
    assert (await product.http.get(f"{product.url}/health")).json() == {"status": "ok"}
    ready = await product.http.get(f"{product.url}/ready")
    assert ready.status_code == 200
    assert ready.json()["failing"] == []


async def test_metrics_are_told_inside_and_not_to_the_world(product: Product) -> None:
    inside = await product.http.get(f"http://127.0.0.1:{product.environment['TB_GATEWAY_PORT']}/metrics")
    outside = await product.http.get(f"{product.url}/metrics")

    assert "tb_http_seconds" in inside.text
    assert (outside.status_code, outside.json()["error"]) == (404, "not_found")
    assert outside.json()["trace_id"] == outside.headers["x-trace-id"]


@pytest.mark.parametrize("variable", SERVICES)
def test_buf_curl_lists_a_service_and_finds_it_serving(running: Product, variable: str) -> None:
    url = f"http://{running.environment[variable]}"
    curl = [str(BUF), "curl", "--protocol", "grpc", "--http2-prior-knowledge"]

    listed = subprocess.run([*curl, "--list-services", url], capture_output=True, text=True, check=True)
    check = f'{{"service": "{SERVICES[variable]}"}}'
    health = subprocess.run(
        [*curl, "-d", check, f"{url}/grpc.health.v1.Health/Check"], capture_output=True, text=True, check=True
    )

    assert SERVICES[variable] in listed.stdout.split()
    assert json.loads(health.stdout) == {"status": "SERVING"}


async def test_the_openapi_document_names_the_routes(product: Product) -> None:
    paths = (await product.http.get(f"{product.url}/openapi.json")).json()["paths"]

    for path in (
        "/health",
        "/ready",
        "/v1/bitrix/events",
        "/v1/bitrix/install/complete",
        "/v1/bitrix/install/finalize",
        "/v1/admin/auth/login",
        "/v1/admin/portals",
        "/v1/admin/dialogs",
        "/v1/admin/messages",
        "/v1/admin/events",
        "/v1/admin/outbox",
        "/v1/admin/traces/{trace_id}",
    ):
        assert path in paths


async def test_no_log_holds_a_token(product: Product) -> None:
    portal = await product.portal(users_count=2)
    await product.install(portal, [1])
    secrets = [
        portal["application_token"],
        portal["admin"]["access_token"],
        portal["admin"]["refresh_token"],
        product.environment.get("TB_ADMIN_PASSWORD", "changeme"),
    ]

    for path in (product.run_dir / "logs").glob("*.log"):
        text = path.read_text()
        for secret in secrets:
            assert secret not in text, path.name


@pytest.mark.timeout(120)
async def test_while_redis_hangs_every_portal_is_answered(product: Product) -> None:
    portals = [await product.portal(users_count=4, limits="off") for _ in range(5)]
    await asyncio.gather(*(product.install(portal, [1, 2, 3]) for portal in portals))

    with product.frozen("redis"):
        asked = [(portal, user) for portal in portals for user in (1, 2, 3)]
        await asyncio.gather(*(product.write(portal, user, "ping") for portal, user in asked))

        async def all_answered() -> bool:
            for portal in portals:
                pongs = [one for one in await product.visible(portal) if one["text"] == "pong"]
                if len(pongs) < 3:
                    return False
            return True

        await eventually(all_answered, 30, "an answer to everybody")
