"""The gateway as Bitrix24 and the console see it, with messaging as a real gRPC server that can be away."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from cryptography.fernet import Fernet
from fastapi import FastAPI

from edge.app import build
from edge.config import Settings
from edge.spool import Spool
from kit.keyring import KeyRing
from kit.rpc import Context
from kit.server import Server
from teachbase.messaging.v1 import messaging_pb2 as pb
from teachbase.messaging.v1 import messaging_pb2_grpc

KEY = Fernet.generate_key().decode()


class Messaging(messaging_pb2_grpc.MessagingServiceServicer):
    """Keeps the bodies of events in the order in which they became durable."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        self.batches: list[int] = []
        self.away = False
        self.refused: set[str] = set()
        self.gate = asyncio.Event()
        self.gate.set()

    async def Ingest(  # noqa: N802 - the proto's name
        self, request: pb.IngestRequest, _context: Context
    ) -> pb.IngestResponse:
        bodies = [event.body.decode() for event in request.events]
        if self.away:
            await _context.abort(grpc.StatusCode.UNAVAILABLE, "away")
        if self.refused.intersection(bodies):
            await _context.abort(grpc.StatusCode.INVALID_ARGUMENT, "one of them breaks a rule")
        await self.gate.wait()
        self.bodies += bodies
        self.batches.append(len(bodies))
        return pb.IngestResponse()


@dataclass
class Gateway:
    """A running gateway."""

    app: FastAPI
    http: httpx.AsyncClient
    messaging: Messaging
    server: Server
    """Messaging's."""
    keyring: KeyRing
    spool_dir: Path

    @property
    def spool(self) -> Spool:
        spool: Spool = self.app.state.spool
        return spool

    @property
    def messaging_grpc(self) -> str:
        return f"127.0.0.1:{self.server.port}"

    async def post(self, body: str) -> httpx.Response:
        """An event of Bitrix24."""
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return await self.http.post("/v1/bitrix/events", content=body, headers=headers)


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    messaging, server = Messaging(), Server("127.0.0.1:0")  # type: ignore[abstract] # the rest is UNIMPLEMENTED
    server.add(
        messaging_pb2_grpc.add_MessagingServiceServicer_to_server,
        messaging,
        "teachbase.messaging.v1.MessagingService",
    )
    await server.start()
    nowhere: Any = dict.fromkeys(("portal_grpc", "delivery_grpc", "billing_grpc"), "127.0.0.1:1")
    app = build(
        Settings(
            secret_keys=KEY, messaging_grpc=f"127.0.0.1:{server.port}", spool_dir=tmp_path / "spool", **nowhere
        )
    )
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test") as http,
    ):
        yield Gateway(app, http, messaging, server, KeyRing(KEY), tmp_path / "spool")
        messaging.gate.set()
    await server.stop(0)
