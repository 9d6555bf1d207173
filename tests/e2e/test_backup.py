"""A stack that is lost while people write, and another that goes on from its backup."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e import product as stack
from tests.e2e.product import ROOT, Product, eventually

TEXT = "Суточные\n\nСуточные в командировке по России составляют 700 рублей.\n"
QUESTIONS = 40
KEYS = "bm90IGEgc2VjcmV0OiBkZXYga2V5LCBwdWJsaXNoZWQ="


class Town:
    """A simulator that outlives the stacks, and where they run."""

    def __init__(self, folder: Path, base: int) -> None:
        self.folder = folder
        self.base = base
        sim = f"127.0.0.1:{base + 3}"
        self.environment = {
            "TB_SIM": "off",
            "TB_PUBLIC_URL": f"http://127.0.0.1:{base + 1}",
            "TB_SECRET_KEYS": KEYS,
            "TB_BITRIX_CLIENT_ID": "app.local.teachbase",
            "TB_BITRIX_CLIENT_SECRET": "local-secret",
            "TB_BITRIX_OAUTH_URL": f"http://{sim}",
            "TB_BITRIX_DEV_HOSTS": sim,
            "TB_BITRIX_JS_URL": f"http://{sim}/api/v1/",
        }

    def devstack(self, product: Product, *command: str, **more: str) -> "subprocess.CompletedProcess[str]":
        """Run a command about a stack that was started or is to be."""
        return subprocess.run(
            [sys.executable, "-m", "devstack", *command],
            cwd=ROOT,
            env={**product.environment, **more},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    town = Town(tmp_path, 20000 + os.getpid() % 100 * 100 + 50)
    environment = {
        **os.environ,
        **town.environment,
        "TB_SIM_PORT": str(town.base + 3),
        "TB_RUN_DIR": str(tmp_path),
    }
    simulator = await asyncio.create_subprocess_exec(sys.executable, "-m", "b24sim", cwd=ROOT, env=environment)

    async def is_up() -> bool:
        async with httpx.AsyncClient(trust_env=False) as http:
            try:
                return (await http.get(f"http://127.0.0.1:{town.base + 3}/health")).status_code == 200
            except httpx.TransportError:
                return False

    try:
        await eventually(is_up)
        yield town
    finally:
        simulator.terminate()
        await simulator.wait()


@pytest.mark.timeout(240)
async def test_what_was_under_way_goes_on_elsewhere_with_nothing_lost_doubled_or_readable_to_others(
    town: Town,
) -> None:
    saved, elsewhere = town.folder / "saved", town.folder / "second"
    elsewhere.mkdir()
    with stack.running(town.folder, town.base, **town.environment) as first:
        async with first.connected():
            portal = await first.portal(users_count=3)
            installed = await first.install(portal, [1, 2, 3])
            token = await _upload(first, installed)
            slow = {"kind": "slow", "method": "*", "delay_ms": 3000}
            await first.http.put(f"{first.sim_url}/control/portals/{portal['member_id']}/faults", json=[slow])
            for number in range(QUESTIONS):
                await first.write(portal, 1 + number % 3, f"Вопрос {number}")
            await eventually(lambda: _fixed_and_sending(first))
            done = await asyncio.to_thread(town.devstack, first, "backup", str(saved))
            assert done.returncode == 0, done.stderr
            await asyncio.sleep(4)  # the first stack sends on: what the second sends again is known by its key
            again = await asyncio.to_thread(town.devstack, first, "restore", str(saved))
            twice = await asyncio.to_thread(town.devstack, first, "backup", str(saved))
            await first.http.put(f"{first.sim_url}/control/portals/{portal['member_id']}/faults", json=[])

    second = Product(elsewhere / "run", {**first.environment, "TB_RUN_DIR": str(elsewhere / "run")})
    # Of another ring, of an empty stack, of one that is not empty any more.
    strangers = town.devstack(
        second, "restore", str(saved), TB_SECRET_KEYS="QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
    )
    restored = town.devstack(second, "restore", str(saved))
    refused = town.devstack(second, "restore", str(saved))
    with stack.running(elsewhere, town.base, **town.environment) as second:
        async with second.connected():
            await eventually(lambda: _all_answered(second), 90, "a reply to each message")
            await second.write(portal, 2, "Сколько суточные в командировке?")
            await eventually(lambda: _says(second, portal, "700 рублей"), 30)
            taken = await second.sql("messaging", "SELECT count(*) FROM messages WHERE body LIKE 'Вопрос%'")
            sent = await second.sql("delivery", "SELECT count(*) FROM outbox WHERE state = 'sent'")
            shown = [one for one in await second.visible(portal) if one["from_bot"]]
            document = await second.http.get(f"{second.url}/v1/portal/kb/documents", headers=token)
            rights = await second.sql(
                "messaging",
                "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE relname = 'kb_chunks'",
            )
            foreign = await second.sql(
                "messaging",
                "SELECT has_schema_privilege('tb_delivery', 'messaging', 'USAGE'), tableowner FROM pg_tables "
                "WHERE schemaname = 'messaging' AND tablename = 'messages'",
            )

    assert "a stack already runs" in again.stderr
    assert "exists already" in twice.stderr
    assert "other keys" in strangers.stderr
    assert restored.returncode == 0, restored.stderr
    assert "all sums equal" in restored.stdout
    assert "FORCE=1" in refused.stderr
    assert KEYS not in (saved / "manifest.json").read_text()
    assert taken[0][0] == QUESTIONS
    assert len(shown) == len({one["uuid"] for one in shown}) == sent[0][0]
    assert [one["state"] for one in document.json()["items"]] == ["ready"]
    assert [tuple(row) for row in rights] == [(True,)]
    assert [tuple(row) for row in foreign] == [(False, "tb_messaging")]


async def _upload(product: Product, installed: Any) -> dict[str, str]:
    token = {"authorization": f"Bearer {installed['complete']['portal_token']}"}
    uploaded = await product.http.post(
        f"{product.url}/v1/portal/kb/upload", files={"file": ("Поездки.md", TEXT.encode())}, headers=token
    )
    path = f"{product.url}/v1/portal/kb/documents/{uploaded.json()['id']}"

    async def is_ready() -> bool:
        return bool((await product.http.get(path, headers=token)).json()["state"] == "ready")

    await eventually(is_ready, 30)
    return token


async def _fixed_and_sending(product: Product) -> bool:
    """Whether every answer is fixed and some are on their way, so that no stack may word them anew."""
    pending = await product.sql(
        "messaging", "SELECT count(*) FROM messages WHERE direction = 'rx' AND state IN ('pending', 'answering')"
    )
    sending = await product.sql("delivery", "SELECT count(*) FROM outbox WHERE state = 'sending'")
    return not pending[0][0] and bool(sending[0][0])


async def _all_answered(product: Product) -> bool:
    rows = await product.sql(
        "messaging",
        "SELECT count(*) FROM messages WHERE direction = 'rx' AND state NOT IN ('answered', 'ignored')",
    )
    waiting = await product.sql("delivery", "SELECT count(*) FROM outbox WHERE state NOT IN ('sent', 'dead')")
    return not rows[0][0] and not waiting[0][0]


async def _says(product: Product, portal: dict[str, Any], text: str) -> bool:
    return any(text in one["text"] for one in await product.visible(portal, "2") if one["from_bot"])
