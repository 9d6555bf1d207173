"""A stack that is lost while people write, and another that goes on from its backup."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.e2e import product as stack
from tests.e2e.product import Product, eventually
from tests.stacks.town import KEYS, Town, simulated

BUCKETS = ("saved-documents", "saved-elsewhere")
"""Of no other test: what stands in for S3 keeps one set of buckets for a process."""
TEXT = "Суточные\n\nСуточные в командировке по России составляют 700 рублей.\n"
QUESTIONS = 40


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with simulated(tmp_path, 20000 + os.getpid() % 100 * 100 + 50) as town:
        yield town


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


@pytest.fixture
def s3() -> Iterator[Any]:
    """A server that speaks S3 and is not ours, with two buckets."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    client = boto3.client(
        "s3",
        endpoint_url=f"http://{host}:{port}",
        region_name="us-east-1",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )
    for bucket in BUCKETS:
        client.create_bucket(Bucket=bucket)
    yield client
    server.stop()


@pytest.mark.timeout(240)
async def test_documents_of_a_bucket_and_events_of_the_spool_are_in_the_backup(town: Town, s3: Any) -> None:
    saved, elsewhere = town.folder / "saved", town.folder / "second"
    elsewhere.mkdir()
    keys = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}
    told = {**town.environment, **keys, "AWS_ENDPOINT": s3.meta.endpoint_url, "AWS_ALLOW_HTTP": "true"}
    there, moved = {"TB_STORAGE_URL": f"s3://{BUCKETS[0]}/kb"}, {"TB_STORAGE_URL": f"s3://{BUCKETS[1]}/kb"}
    with stack.running(town.folder, town.base, **told, **there) as first:
        async with first.connected():
            portal = await first.portal(users_count=3)
            token = await _upload(first, await first.install(portal, [1, 2, 3]))
            with first.frozen("messaging"):
                for number in range(3):
                    await first.write(portal, 1 + number, f"Вопрос {number}")
                await eventually(lambda: _spooled(first, 3), 60, "events in the spool")
                done = await asyncio.to_thread(town.devstack, first, "backup", str(saved))
            kept = list((saved / "documents").rglob("*"))
            spooled = [file for file in (saved / "spool").iterdir() if file.stat().st_size]

    second = Product(elsewhere / "run", {**first.environment, **moved, "TB_RUN_DIR": str(elsewhere / "run")})
    restored = town.devstack(second, "restore", str(saved))
    with stack.running(elsewhere, town.base, **told, **moved) as second:
        async with second.connected():
            await eventually(lambda: _all_taken(second, 3), 60, "the events of the spool")
            await eventually(lambda: _all_answered(second), 60, "a reply to each")
            shown = [one for one in await second.visible(portal) if one["from_bot"]]
            [document] = (await second.http.get(f"{second.url}/v1/portal/kb/documents", headers=token)).json()[
                "items"
            ]
            path = f"{second.url}/v1/portal/kb/documents/{document['id']}"
            again = await second.http.post(f"{path}/reindex", headers=token)
            await eventually(lambda: _is_ready(second, path, token), 30, "the file from its bucket")
            await second.write(portal, 2, "Сколько суточные в командировке?")
            await eventually(lambda: _says(second, portal, "700 рублей"), 30)

    assert done.returncode == 0, done.stderr
    assert spooled
    assert [file.read_text() for file in kept if file.is_file()] == [TEXT]
    assert (restored.returncode, "all sums equal" in restored.stdout) == (0, True), restored.stderr
    assert again.status_code < 300, again.text
    assert _objects(s3, BUCKETS[1]) == _objects(s3, BUCKETS[0]) != []
    assert len(shown) == 3 + 3  # three were welcomed, three asked, by two stacks


def _objects(s3: Any, bucket: str) -> list[tuple[str, int]]:
    return [(one["Key"], one["Size"]) for one in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


async def _spooled(product: Product, events: int) -> bool:
    return bool((await product.admin("/spool"))["depth"] >= events)


async def _all_taken(product: Product, events: int) -> bool:
    rows = await product.sql("messaging", "SELECT count(*) FROM messages WHERE body LIKE 'Вопрос%'")
    return bool(rows[0][0] == events)


async def _is_ready(product: Product, path: str, token: dict[str, str]) -> bool:
    found = (await product.http.get(path, headers=token)).json()
    assert found["state"] != "failed", found
    return bool(found["state"] == "ready")


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
