"""Runs last: nothing that the end-to-end run wrote holds a token that the simulator issued."""

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from redis.asyncio import Redis

from devstack.postgres import admin_dsn
from tests.e2e.product import Product

_WORD = re.compile(rb"[0-9a-f]{32,}")
_BYTEA = re.compile(rb"\\x((?:[0-9a-f]{2}){16,})")
TABLES = """
    SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND n.nspname IN ('portal', 'messaging', 'delivery', 'billing')
    ORDER BY 1
"""


def words(written: bytes) -> set[bytes]:
    """Every word of it that could be a token, also inside of bytea values."""
    found = set(_WORD.findall(written))
    for value in _BYTEA.findall(written):
        found.update(_WORD.findall(bytes.fromhex(value.decode())))
    return found


@pytest.fixture
async def database(product: Product) -> AsyncIterator["asyncpg.Connection[Any]"]:
    port = int(product.environment["TB_POSTGRES_PORT"])
    connection = await asyncpg.connect(admin_dsn(product.run_dir / "postgres", port))
    yield connection
    await connection.close()


async def issued(product: Product) -> set[bytes]:
    return {token.encode() for token in (await product.sim("GET", "/tokens"))["items"]}


async def test_no_table_holds_a_token(product: Product, database: "asyncpg.Connection[Any]") -> None:
    portal = await product.portal(users_count=2)
    await product.install(portal, [1])
    await product.write(portal, 1, "ping")
    tokens = await issued(product)

    found = {}
    tables = [row[0] for row in await database.fetch(TABLES)]
    for table in tables:
        rows = await database.fetch(f"SELECT CAST(t AS text) FROM {table} AS t")
        if held := tokens & words("\n".join(row[0] for row in rows).encode()):
            found[table] = len(held)

    assert len(tokens) > 20
    assert len(tables) > 20
    assert found == {}


async def test_no_log_and_no_file_holds_a_token(product: Product) -> None:
    tokens = await issued(product)

    found = {
        str(path): len(held) for path in files(product.run_dir) if (held := tokens & words(path.read_bytes()))
    }

    assert len(list(files(product.run_dir))) > 8
    assert found == {}


async def test_redis_holds_no_token(product: Product) -> None:
    tokens = await issued(product)
    redis = Redis(port=int(product.environment["TB_REDIS_PORT"]))
    keys = [key async for key in redis.scan_iter()]

    written = [*keys]
    for key in keys:
        kind = await redis.type(key)
        if kind == b"string":
            written.append(await redis.get(key) or b"")
        elif kind == b"hash":
            written += [part for pair in (await redis.hgetall(key)).items() for part in pair]  # type: ignore[misc] # one client
    await redis.aclose()

    assert not tokens & words(b"\n".join(written))


async def test_the_search_would_find_one(product: Product) -> None:
    token = next(iter(await issued(product)))

    in_a_log = words(b'{"event": "x", "token": "' + token + b'"}')
    in_a_bytea = words(b"(1,\\x" + (b"auth=" + token + b"&").hex().encode() + b")")

    assert token in in_a_log
    assert token in in_a_bytea


def files(run_dir: Path) -> Iterator[Path]:
    """What our processes wrote beside the engines' own data; the simulator's state is the portals' side."""
    for path in run_dir.rglob("*"):
        inside = path.relative_to(run_dir).parts[0]
        if path.is_file() and inside not in {"sim", "postgres", "redis", "secrets.json"}:
            yield path
