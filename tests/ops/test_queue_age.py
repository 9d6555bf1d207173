"""The statements by which KEDA asks how old a queue is, on the schemas as the migrations make them."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from devstack.database import bootstrap
from devstack.postgres import embedded_postgres
from tests.ops.cluster import Cluster

QUEUES = ("messaging-worker", "knowledge-worker", "delivery-worker")
AN_HOUR_AGO = {
    "messaging-worker": """
        INSERT INTO dialogs (portal_id, id, provider_dialog_id, provider_dialog_id_raw, user_id, kind, state,
                             last_message_at, pending_since, created_at)
        VALUES (gen_random_uuid(), gen_random_uuid(), '7', '7', 7, 'private', 'pending', now(),
                now() - interval '1 hour', now())
    """,
    "delivery-worker": """
        INSERT INTO lanes (portal_id, due_at) VALUES (gen_random_uuid(), now() - interval '1 hour')
    """,
}


@pytest_asyncio.fixture(scope="module")
async def dsns(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mapping[str, str]]:
    folder: Path = tmp_path_factory.mktemp("queue-age")
    async with embedded_postgres(folder / "postgres", 0, durable=False) as admin:
        found = await bootstrap(admin, "secret", ("messaging", "delivery"))
        await asyncio.gather(*(_migrate(context, dsn) for context, dsn in found.items()))
        yield found


async def _migrate(context: str, dsn: str) -> None:
    told = {"TB_DATABASE_DSN": dsn, "TB_REDIS_URL": "redis://127.0.0.1:1/0", "TB_SECRET_KEYS": "unused"}
    line = [sys.executable, "-m", context, "migrate"]
    process = await asyncio.create_subprocess_exec(*line, env={**os.environ, **told})
    assert await process.wait() == 0


async def test_an_empty_queue_has_no_age_and_one_that_waits_for_an_hour_has_that(dsns: Mapping[str, str]) -> None:
    cluster = Cluster("prod")
    for name in QUEUES:
        trigger = cluster.named("ScaledObject", name)["spec"]["triggers"][-1]
        authentication = cluster.named("TriggerAuthentication", trigger["authenticationRef"]["name"])
        dsn = dsns[authentication["spec"]["secretTargetRef"][0]["name"]]
        query = trigger["metadata"]["query"]

        assert await _ask(dsn, query) == 0, name
        if name in AN_HOUR_AGO:
            assert await _ask(dsn, query, AN_HOUR_AGO[name]) == pytest.approx(3600, abs=10), name


async def _ask(dsn: str, query: str, first: str = "SELECT 1") -> float:
    session = await asyncpg.connect(dsn)
    try:
        await session.execute(first)
        return float(await session.fetchval(query))
    finally:
        await session.close()
