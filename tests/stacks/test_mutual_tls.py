"""The whole stack with certificates: everything that a message and a document need is in the call graph."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest

from devstack import certificates
from kit.config import TransportSettings, read
from kit.errors import PeerError
from kit.rpc import call, channel
from teachbase.portal.v1 import admin_pb2 as pb
from teachbase.portal.v1.admin_pb2_grpc import AdminServiceStub
from tests.e2e import product as stack
from tests.e2e.product import Product, eventually

TEXT = "Суточные\n\nСуточные в командировке по России составляют 700 рублей.\n"


@pytest.fixture
async def secured(tmp_path: Path) -> AsyncIterator[Product]:
    base = 20000 + os.getpid() % 100 * 100 + 50
    with stack.running(tmp_path, base, TB_TLS="on", TB_TLS_LOOK_EVERY_S="0.2") as product:
        async with product.connected():
            yield product


async def test_a_message_is_answered_from_a_document_before_and_after_every_certificate_was_renewed(
    secured: Product,
) -> None:
    portal = await secured.portal(users_count=2)
    installed = await secured.install(portal, [1, 2])
    token = {"authorization": f"Bearer {installed['complete']['portal_token']}"}
    uploaded = await secured.http.post(
        f"{secured.url}/v1/portal/kb/upload", files={"file": ("Поездки.md", TEXT.encode())}, headers=token
    )
    path = f"{secured.url}/v1/portal/kb/documents/{uploaded.json()['id']}"

    async def is_ready() -> bool:
        return bool((await secured.http.get(path, headers=token)).json()["state"] == "ready")

    async def answers() -> int:
        shown = [one["text"] for one in await secured.visible(portal, "2") if one["from_bot"]]
        return sum("700 рублей" in text for text in shown)

    await eventually(is_ready, 30)
    await secured.write(portal, 2, "Сколько суточные в командировке?")
    await eventually(lambda: _reaches(answers, 1))
    folder = secured.run_dir / "tls"
    authority = certificates.Authority.load_or_make(folder / "authority")
    for name in certificates.NAMES:
        authority.issue(folder / name, name)
    await asyncio.sleep(0.5)
    await secured.write(portal, 2, "Какие суточные в командировке по России?")
    await eventually(lambda: _reaches(answers, 2))
    ready = await secured.http.get(f"{secured.url}/ready")

    assert await answers() == 2
    for name in ("gateway", "messaging-worker", "delivery"):  # who calls, who does both, who is called
        assert "certificate renewed" in secured.log(name), name
    assert ready.status_code == 200
    assert not any("CALLER_NOT_ALLOWED" in secured.log(name) for name in certificates.NAMES)


async def test_who_got_hold_of_one_context_cannot_sign_in_through_another(secured: Product) -> None:
    address = secured.environment["TB_PORTAL_GRPC"]
    delivery = read(TransportSettings, certificates.files(secured.run_dir / "tls", "delivery"))
    request = pb.LoginRequest(email="admin@localhost", password="changeme")

    async with channel(address, "portal", delivery) as own, channel(address) as plain:
        refused = []
        for one in (own, plain):
            with pytest.raises(PeerError) as failed:
                await call(AdminServiceStub(one).Login, request, peer="portal", timeout=5)
            refused.append(failed.value)

    assert refused[0].reason == "CALLER_NOT_ALLOWED"
    assert refused[1].status is grpc.StatusCode.UNAVAILABLE


async def _reaches(count: object, least: int) -> bool:
    assert callable(count)
    return bool(await count() >= least)
