"""A release that takes over from the one before, and is rolled back: the same data, everybody answered."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from devstack.database import CONTEXTS, role_dsn
from devstack.migrations import head
from devstack.postgres import admin_dsn
from tests.e2e import product as stack
from tests.e2e.product import ROOT, Product, eventually
from tests.ops import previous
from tests.stacks.town import KEYS, Town, simulated

TEXT = "Суточные\n\nСуточные в командировке по России составляют 700 рублей.\n"
ASKED = "Сколько суточные в командировке?"
WRITTEN = {  # what a company at work leaves behind, table by table
    "portal": {"portals", "portal_tokens", "portal_users_access", "portal_changes", "admin_users", "audit_log"},
    "messaging": {
        *("portals", "dialogs", "messages", "events", "bitrix_inbound_events", "inbox_keys", "welcomes"),
        *("kb_documents", "kb_versions", "kb_chunks", "kb_curated", "kb_golden", "answer_explanations"),
        *("answer_settings", "feedback", "feed_cursors"),
    },
    "delivery": {"outbox", "delivery_attempts", "outcomes", "lanes"},
    "billing": {"billing_plans", "plan_versions", "portal_billing", "usage_events", "usage_counters"},
}


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with simulated(tmp_path, 20000 + os.getpid() % 100 * 100 + 50) as town:
        yield town


class Company:
    """A portal at work, through whatever release serves it."""

    def __init__(self) -> None:
        self.portal: dict[str, Any] = {}
        self.id = ""
        self.token: dict[str, str] = {}
        self.asked = 0

    async def moves_in(self, product: Product) -> None:
        self.portal = await product.portal(users_count=3)
        installed = await product.install(self.portal, [1, 2, 3])
        self.id = installed["complete"]["portal_id"]
        self.token = {"authorization": f"Bearer {installed['complete']['portal_token']}"}
        uploaded = await self.calls(product, "POST", "kb/upload", files={"file": ("Поездки.md", TEXT.encode())})

        async def is_read() -> bool:
            return bool((await self.calls(product, "GET", f"kb/documents/{uploaded['id']}"))["state"] == "ready")

        await eventually(is_read, 30, "the document")
        await self.calls(product, "POST", "kb/curated", json={"question": "Где офис?", "answer": "Баумана, 7"})
        await self.calls(product, "POST", "kb/golden", json={"question": ASKED})
        await self.calls(product, "PUT", "kb/settings", json={"max_quotes": 2})

    async def calls(self, product: Product, method: str, path: str, **given: Any) -> Any:
        answer = await product.http.request(method, f"{product.url}/v1/portal/{path}", headers=self.token, **given)
        assert answer.status_code < 300, (path, answer.text)
        return answer.json()

    async def is_answered(self, product: Product) -> None:
        """A command, a question to the documents and one to the curated answers: one reply to each."""
        for text, expected in (("ping", "pong"), (ASKED, "700 рублей"), ("Где офис?", "Баумана, 7")):
            await self._is_answered(product, text, expected)

    async def _is_answered(self, product: Product, text: str, expected: str) -> None:
        message = await product.write(self.portal, 2, text)
        self.asked += 1

        async def replies() -> list[str]:
            shown = await product.visible(self.portal, "2")
            return [one["text"] for one in shown if one["from_bot"] and one["id"] > message]

        said = await eventually(replies, 60, f"an answer to {text}")
        assert len(said) == 1
        assert expected in said[0]

    async def is_told_and_counted(self, product: Product) -> None:
        """The console's lists have all that was asked, and each reply is counted once."""

        async def is_confirmed() -> bool:
            sent = await product.sql("delivery", "SELECT count(*) FROM outbox WHERE state <> 'sent'")
            told = await product.sql("messaging", "SELECT count(*) FROM events WHERE type = 'send_ok'")
            counted = await product.sql("billing", "SELECT count(*) FROM usage_events")
            welcomed = 3
            return [sent[0][0], told[0][0], counted[0][0]] == [0, self.asked + welcomed, self.asked]

        await eventually(is_confirmed, 20, "the news of what was sent, and its count")
        listed = (await product.admin("/messages", portal_id=self.id, direction="rx", limit=100))["items"]
        portals = (await product.admin("/portals"))["items"]
        outbox = (await product.admin("/outbox", portal_id=self.id, limit=100))["items"]
        traced = await product.admin(f"/traces/{listed[0]['trace_id']}")
        documents = await self.calls(product, "GET", "kb/documents")
        used = await product.sql("billing", "SELECT used FROM usage_counters")
        assert len(listed) == self.asked
        assert {one["state"] for one in listed} == {"answered"}
        assert [one["id"] for one in portals] == [self.id]
        assert {one["state"] for one in outbox} == {"sent"}
        assert "confirmed" in [step["step"] for step in traced["steps"]]
        assert [one["state"] for one in documents["items"]] == ["ready"]
        assert [one["used"] for one in used] == [self.asked]

    async def reacts(self, product: Product) -> None:
        """A thumb down to the last reply."""
        reply = (await product.visible(self.portal, "2"))[-1]
        reaction = {"user_id": 2, "message_id": reply["id"], "reaction": "facepalm", "action": "add"}
        await product.sim("POST", f"/portals/{self.portal['member_id']}/reactions", **reaction)

        async def is_kept() -> bool:
            return bool((await product.sql("messaging", "SELECT count(*) FROM feedback"))[0][0])

        await eventually(is_kept, 20, "the reaction")


@pytest.mark.timeout(180)
async def test_a_release_takes_over_all_that_the_one_before_wrote_and_gives_it_back(
    town: Town, tmp_path: Path
) -> None:
    tree = previous.sources(tmp_path / "previous")
    older = {**town.environment, "PYTHONPATH": previous.python_path(tree)}
    company = Company()
    with stack.running(town.folder, town.base, tree, **older) as product:
        async with product.connected():
            await company.moves_in(product)
            await company.is_answered(product)
            await company.is_told_and_counted(product)
            await company.reacts(product)
            empty = {context: WRITTEN[context] - await _filled(product, context) for context in CONTEXTS}
            code = _code(product)
            first = await _revisions(product)
            await asyncio.to_thread(_migrate, product)
            await company.is_answered(product)
            for name in ("portal", "messaging", "messaging-worker", "delivery-worker", "billing"):
                product.kill(name)  # what starts anew meets the next schema from its first statement on
            await company.is_answered(product)
            await company.is_told_and_counted(product)
    with stack.running(town.folder, town.base, **town.environment) as product:
        async with product.connected():
            second = await _revisions(product)
            await company.is_answered(product)
            await company.is_told_and_counted(product)
            newer = _code(product)
    _let_it_be_ahead(tree)
    with stack.running(town.folder, town.base, tree, **older) as product:
        async with product.connected():
            await company.is_answered(product)
            await company.is_told_and_counted(product)
            last = _code(product)

    assert not any(empty.values()), empty
    assert first != second == {context: head(context) for context in CONTEXTS}
    assert (code, newer, last) == (str(tree), str(ROOT), str(tree))


async def _filled(product: Product, context: str) -> set[str]:
    tables = await product.sql(
        context,
        "SELECT relname FROM pg_class WHERE relnamespace = $1::text::regnamespace AND relkind IN ('r', 'p')",
        context,
    )
    return {one for [one] in tables if await product.sql(context, f"SELECT 1 FROM {one} LIMIT 1")}


async def _revisions(product: Product) -> dict[str, str]:
    return {
        context: (await product.sql(context, "SELECT version_num FROM alembic_version"))[0][0]
        for context in CONTEXTS
    }


def _code(product: Product) -> str:
    """Whose sources serve: the folder in which messaging's server runs."""
    return str(Path(f"/proc/{product.pid('messaging')}/cwd").readlink())


def _migrate(product: Product) -> None:
    """As `job/migrate` and the services `*-migrate` do it: the new migrations while the release before serves."""
    admin = admin_dsn(product.run_dir / "postgres", int(product.environment["TB_POSTGRES_PORT"]))
    for context in CONTEXTS:
        told = {"TB_DATABASE_DSN": role_dsn(admin, KEYS, context), "TB_SECRET_KEYS": KEYS}
        environment = {**product.environment, **told, "TB_REDIS_URL": "redis://127.0.0.1:1/0"}
        environment.pop("PYTHONPATH")
        done = subprocess.run(
            [sys.executable, "-m", context, "migrate"], cwd=ROOT, env=environment, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()


def _let_it_be_ahead(tree: Path) -> None:
    """`migrate` of this release knows that a schema may be ahead of it; the one pinned is older than that."""
    shutil.copy(ROOT / "libs" / "kit" / "kit" / "migrate.py", tree / "libs" / "kit" / "kit" / "migrate.py")
