"""The servers that are measured, and how each says what it has stored."""

import base64
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import asyncpg

from bench.events import PORTALS, portals
from bench.system import Engines, run, server
from devstack.ports import next_free
from devstack.probes import grpc_serving, http_ok

_LEAN = ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]


@dataclass(frozen=True)
class Target:
    """A running server that takes events on 127.0.0.1:`port`."""

    name: str
    port: int
    processes: Mapping[str, int]
    """Everything it is made of: name -> pid."""
    stored: Callable[[int, int], Awaitable[tuple[int, int]]] | None
    """For message ids [from, to): how many whole sets of rows there are, and of how many different messages.

    None where nothing is stored.
    """
    messaging: str = ""
    """Where messaging answers gRPC."""


@asynccontextmanager
async def bare_handler(engines: Engines) -> AsyncIterator[Target]:
    """FastAPI that reads and parses the form."""
    port = next_free(0)
    uvicorn = ["uvicorn", "bench.bare:app", "--port", str(port), *_LEAN]
    ready = functools.partial(http_ok, port, "/openapi.json")
    async with server("bare", uvicorn, {}, engines.folder / "bare.log", ready) as pid:
        yield Target("bare handler", port, {"handler": pid}, None)


@asynccontextmanager
async def monolith(engines: Engines) -> AsyncIterator[Target]:
    """The reference: one process, a commit per step."""
    port = next_free(0)
    env = {"BENCH_DSN": engines.dsns["reference"], "BENCH_REDIS_URL": engines.redis_url}
    uvicorn = ["uvicorn", "--factory", "bench.reference.app:build", "--port", str(port), *_LEAN]
    ready = functools.partial(http_ok, port, "/openapi.json")
    async with server("monolith", uvicorn, env, engines.folder / "monolith.log", ready) as pid:
        await _fill(engines.dsns["reference"], _REFERENCE_PORTALS)
        yield Target(
            "reference monolith",
            port,
            {"monolith": pid, **engines.processes},
            functools.partial(_stored, engines.dsns["reference"], _REFERENCE_STORED),
        )


class Product:
    """The gateway and messaging's `serve`, as they are; no worker, so that ingest alone is measured."""

    def __init__(self, engines: Engines) -> None:
        self.dsn, self.port = engines.dsns["messaging"], next_free(0)
        self._folder = engines.folder
        self.address = f"127.0.0.1:{next_free(0)}"
        nobody = f"127.0.0.1:{next_free(0)}"
        common = {
            "TB_SECRET_KEYS": base64.urlsafe_b64encode(bytes(32)).decode(),
            "TB_MESSAGING_GRPC": self.address,
            "TB_PORTAL_GRPC": nobody,
            "TB_DELIVERY_GRPC": nobody,
            "TB_BILLING_GRPC": nobody,
            "GRPC_VERBOSITY": "ERROR",
        }
        self._for_messaging = {**common, "TB_DATABASE_DSN": self.dsn, "TB_REDIS_URL": engines.redis_url}
        self._for_gateway = {
            **common,
            "TB_GATEWAY_PORT": str(self.port),
            "TB_SPOOL_DIR": str(self._folder / "spool"),
        }

    async def prepare(self, installed: int = PORTALS) -> None:
        """Migrate, and make the portals known that events come from."""
        await run(["messaging", "migrate"], self._for_messaging, self._folder / "migrate.log")
        await _fill(self.dsn, _OUR_PORTALS, installed)

    def messaging(self) -> AbstractAsyncContextManager[int]:
        """Messaging, for as long as the context lasts; it yields the pid."""
        serving = functools.partial(grpc_serving, self.address)
        log = self._folder / "messaging.log"
        return server("messaging", ["messaging", "serve"], self._for_messaging, log, serving)

    def gateway(self) -> AbstractAsyncContextManager[int]:
        """The gateway, likewise."""
        healthy = functools.partial(http_ok, self.port, "/health")
        return server("gateway", ["edge", "serve"], self._for_gateway, self._folder / "gateway.log", healthy)


@asynccontextmanager
async def ours(engines: Engines, installed: int = PORTALS) -> AsyncIterator[Target]:
    """The product."""
    product = Product(engines)
    await product.prepare(installed)
    async with product.messaging() as messaging, product.gateway() as gateway:
        yield Target(
            "ours",
            product.port,
            {"gateway": gateway, "messaging": messaging, **engines.processes},
            functools.partial(_stored, product.dsn, _OUR_STORED),
            product.address,
        )


_REFERENCE_PORTALS = """
    INSERT INTO portals (member_id, domain, state, bot_id, token_hash)
    SELECT member_id, domain, 'active', 812, token_hash
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[]) AS new (id, member_id, domain, token_hash)
"""
_OUR_PORTALS = """
    INSERT INTO portals (id, member_id, domain, state, bot_id, token_hashes, access_mode, user_ids, department_ids)
    SELECT id, member_id, domain, 'active', 812, ARRAY[token_hash], 'all', '{}', '{}'
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[]) AS new (id, member_id, domain, token_hash)
"""
_REFERENCE_STORED = """
    SELECT count(*), count(DISTINCT messages.provider_message_id)
    FROM messages JOIN inbound_events USING (trace_id) JOIN events USING (trace_id)
    WHERE messages.provider_message_id >= $1 AND messages.provider_message_id < $2
      AND inbound_events.outcome = 'accepted'
"""
_OUR_STORED = """
    SELECT count(*), count(DISTINCT messages.provider_message_id)
    FROM messages JOIN bitrix_inbound_events AS inbound USING (portal_id, id) JOIN events USING (portal_id, id)
    WHERE messages.provider_message_id >= $1 AND messages.provider_message_id < $2
      AND inbound.outcome = 'accepted' AND events.type = 'rx'
"""


async def _fill(dsn: str, statement: str, installed: int = PORTALS) -> None:
    found = portals(installed)
    columns = zip(*((one.id, one.member_id, one.domain, one.token_hash) for one in found), strict=True)
    session = await asyncpg.connect(dsn)
    await session.execute(statement, *columns)
    await session.close()


async def _stored(dsn: str, statement: str, first_id: int, end_id: int) -> tuple[int, int]:
    session = await asyncpg.connect(dsn)
    [(rows, messages)] = await session.fetch(statement, first_id, end_id)
    await session.close()
    return rows, messages
