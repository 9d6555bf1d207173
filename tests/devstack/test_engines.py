"""The embedded engines, started as tests and benches start them."""

import asyncio
import functools
import os
import signal
from pathlib import Path

import asyncpg
import redis.asyncio as client

from devstack import postgres, redis
from devstack.orphans import holders
from devstack.ports import next_free
from devstack.readiness import wait_ready
from devstack.spawn import spawn
from devstack.unroot import account


async def _value(dsn: str, statement: str) -> object:
    session = await asyncpg.connect(dsn)
    try:
        return await session.fetchval(statement)
    finally:
        await session.close()


async def test_postgres_stems_russian_and_keeps_its_data_between_starts(tmp_path: Path) -> None:
    data_dir = tmp_path / "postgres"
    async with postgres.embedded_postgres(data_dir, 0, durable=False) as dsn:
        await _value(dsn, "CREATE TABLE kept AS SELECT 1 AS n")
        stems = await _value(dsn, "SELECT to_tsvector('russian', 'Важные документы')::text")

    async with postgres.embedded_postgres(data_dir, 0, durable=False) as dsn:
        kept = await _value(dsn, "SELECT n FROM kept")

    assert stems == "'важн':1 'документ':2"
    assert kept == 1
    assert holders(data_dir, "postgres") == []


async def test_postgres_syncs_commits_when_durable(tmp_path: Path) -> None:
    async with postgres.embedded_postgres(tmp_path / "postgres", 0, durable=True) as dsn:
        settings = [await _value(dsn, f"SHOW {name}") for name in ("fsync", "synchronous_commit")]
        connections = await _value(dsn, "SHOW max_connections")

    assert settings == ["on", "on"]
    assert connections == "300"


async def test_postgres_refuses_a_wrong_password(tmp_path: Path) -> None:
    async with postgres.embedded_postgres(tmp_path / "postgres", 0, durable=False) as dsn:
        wrong = dsn.replace("@", "x@", 1)

        try:
            await _value(wrong, "SELECT 1")
        except asyncpg.InvalidPasswordError as error:
            refusal = str(error)

    assert "password authentication failed" in refusal


async def test_postgres_starts_on_what_a_killed_server_left(tmp_path: Path) -> None:
    data_dir = tmp_path / "postgres"
    async with postgres.embedded_postgres(data_dir, 0, durable=True) as dsn:
        await _value(dsn, "CREATE TABLE kept AS SELECT 1 AS n")
        os.kill(_postmaster(data_dir), signal.SIGKILL)
    leftover = data_dir / "postmaster.pid"
    lines = leftover.read_text().splitlines()
    leftover.write_text("\n".join([str(os.getpid()), *lines[1:]]))  # the pid now belongs to another program

    async with postgres.embedded_postgres(data_dir, 0, durable=True) as dsn:
        kept = await _value(dsn, "SELECT n FROM kept")

    assert kept == 1


async def test_postgres_stops_an_orphan_that_still_serves_the_directory(tmp_path: Path) -> None:
    data_dir = tmp_path / "postgres"
    await postgres.prepare(data_dir, durable=False)
    port = next_free(0)
    orphan = await spawn(
        postgres.command(data_dir, port, durable=False),
        tmp_path / "orphan.log",
        env=postgres.ENVIRONMENT,
        account=account(),
    )
    probe = functools.partial(postgres.is_ready, data_dir, port)
    await wait_ready("orphan", orphan, probe, 20, tmp_path / "orphan.log")

    async with postgres.embedded_postgres(data_dir, 0, durable=False) as dsn:
        alive = await _value(dsn, "SELECT 1")

    assert alive == 1
    assert await orphan.wait() == 0


async def test_redis_keeps_its_data_when_killed(tmp_path: Path) -> None:
    data_dir = tmp_path / "redis"
    async with redis.embedded_redis(data_dir, 0) as url, client.Redis.from_url(url) as session:
        await session.set("kept", "1")
        await asyncio.sleep(1.2)  # longer than the interval of its append-only file
        os.kill(holders(data_dir, "valkey-server")[0], signal.SIGKILL)

    async with redis.embedded_redis(data_dir, 0) as url, client.Redis.from_url(url) as session:
        kept = await session.get("kept")

    assert kept == b"1"


async def test_redis_stops_an_orphan_that_still_serves_the_directory(tmp_path: Path) -> None:
    data_dir = tmp_path / "redis"
    async with redis.embedded_redis(data_dir, 0) as first:
        async with redis.embedded_redis(data_dir, 0) as second:
            remaining = holders(data_dir, "valkey-server")

        assert first != second
        assert len(remaining) == 1


def _postmaster(data_dir: Path) -> int:
    return int((data_dir / "postmaster.pid").read_text().splitlines()[0])
