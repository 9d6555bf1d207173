"""The gateway as Bitrix24 and the console see it, with messaging as a real gRPC server that can be away."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import httpx
import jwt
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
from teachbase.portal.v1 import admin_pb2, admin_pb2_grpc

KEY = Fernet.generate_key().decode()
PAGE = '<!doctype html><script type="application/json" id="boot">{}</script><script src="/assets/a.js"></script>'


class Messaging(messaging_pb2_grpc.MessagingServiceServicer):
    """Keeps the bodies of events in the order in which they became durable."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        self.batches: list[int] = []
        self.away = False
        self.dying = 0
        """So many calls fail after the gate."""
        self.refused: set[str] = set()
        self.failing: set[str] = set()
        """At which it has a fault of its own."""
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
        if self.failing.intersection(bodies):
            await _context.abort(grpc.StatusCode.INTERNAL, "a fault of messaging")
        await self.gate.wait()
        if self.dying:
            self.dying -= 1
            await _context.abort(grpc.StatusCode.UNAVAILABLE, "it died")
        self.bodies += bodies
        self.batches.append(len(bodies))
        taken = pb.INBOUND_OUTCOME_ACCEPTED
        return pb.IngestResponse(
            receipts=[pb.Receipt(trace_id=event.trace_id, outcome=taken) for event in request.events]
        )


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
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 256 KB of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a disk of its own needs the right to mount one")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@asynccontextmanager
async def running(
    tmp_path: Path, portal_grpc: str = "127.0.0.1:1", env: str = "dev", **more: Any
) -> AsyncIterator[Gateway]:
    messaging, server = Messaging(), Server("127.0.0.1:0")  # type: ignore[abstract] # the rest is UNIMPLEMENTED
    server.add(
        messaging_pb2_grpc.add_MessagingServiceServicer_to_server,
        messaging,
        "teachbase.messaging.v1.MessagingService",
    )
    await server.start()
    nowhere: Any = dict.fromkeys(("delivery_grpc", "billing_grpc"), "127.0.0.1:1")
    app = build(
        Settings(
            env=env,
            secret_keys=KEY,
            messaging_grpc=f"127.0.0.1:{server.port}",
            portal_grpc=portal_grpc,
            spool_dir=tmp_path / "spool",
            **nowhere,
            **more,
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


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with running(tmp_path) as gateway:
        yield gateway


@pytest.fixture
async def public(tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway behind https, with a user interface."""
    for entry in ("portal", "console"):
        (tmp_path / "ui" / entry / "assets").mkdir(parents=True)
        (tmp_path / "ui" / entry / f"{entry}.html").write_text(PAGE)
        (tmp_path / "ui" / entry / "assets" / "a.js").write_text("1")
    async with running(tmp_path, public_url="https://bot.example", ui_dir=tmp_path / "ui") as gateway:
        yield gateway


class Sessions(admin_pb2_grpc.AdminServiceServicer):
    """Portal, as far as it knows who holds a session."""

    def __init__(self) -> None:
        self.live: dict[str, admin_pb2.Admin] = {}
        self.recorded: list[admin_pb2.RecordChangeRequest] = []
        self.asked = 0
        self.away = False
        self.issued: list[str] = []
        """Refresh tokens; the last one alone is good, but for who made it."""
        self.renewed_by = ""

    async def GetSession(  # noqa: N802 - the proto's name
        self, request: admin_pb2.GetSessionRequest, context: Context
    ) -> admin_pb2.GetSessionResponse:
        self.asked += 1
        if self.away:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "away")
        if request.session_id not in self.live:
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, "it has ended")
        return admin_pb2.GetSessionResponse(admin=self.live[request.session_id])

    async def Login(  # noqa: N802
        self, request: admin_pb2.LoginRequest, _context: Context
    ) -> admin_pb2.LoginResponse:
        admin = admin_pb2.Admin(id=str(uuid4()), email=request.email, role="owner")
        return admin_pb2.LoginResponse(admin=admin, tokens=self._tokens())

    async def RefreshSession(  # noqa: N802
        self, request: admin_pb2.RefreshSessionRequest, context: Context
    ) -> admin_pb2.RefreshSessionResponse:
        is_repeat = request.request_id and request.request_id == self.renewed_by
        if is_repeat and request.refresh_token in self.issued[-2:]:
            return admin_pb2.RefreshSessionResponse(tokens=self._newest())
        if request.refresh_token != self.issued[-1]:
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, "it was spent")
        self.renewed_by = request.request_id
        return admin_pb2.RefreshSessionResponse(tokens=self._tokens())

    def _tokens(self) -> admin_pb2.SessionTokens:
        self.issued.append(f"refresh-{len(self.issued) + 1}")
        return self._newest()

    def _newest(self) -> admin_pb2.SessionTokens:
        return admin_pb2.SessionTokens(access_token="a", refresh_token=self.issued[-1], expires_in=900)

    async def RecordChange(  # noqa: N802
        self, request: admin_pb2.RecordChangeRequest, context: Context
    ) -> admin_pb2.RecordChangeResponse:
        if self.away:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "away")
        self.recorded.append(request)
        return admin_pb2.RecordChangeResponse()

    async def Logout(  # noqa: N802
        self, request: admin_pb2.LogoutRequest, _context: Context
    ) -> admin_pb2.LogoutResponse:
        self.live.pop(request.session_id, None)
        return admin_pb2.LogoutResponse()

    async def ChangePassword(  # noqa: N802
        self, request: admin_pb2.ChangePasswordRequest, _context: Context
    ) -> admin_pb2.ChangePasswordResponse:
        self.live[request.session_id].must_change_password = False
        return admin_pb2.ChangePasswordResponse()

    async def UpdateAdmin(  # noqa: N802
        self, request: admin_pb2.UpdateAdminRequest, _context: Context
    ) -> admin_pb2.UpdateAdminResponse:
        for admin in self.live.values():
            if admin.id == request.admin_id:
                admin.role = request.role
        changed = admin_pb2.Admin(id=request.admin_id, role=request.role)
        changed.created_at.FromDatetime(datetime.now(UTC))
        return admin_pb2.UpdateAdminResponse(admin=changed)


@dataclass
class Console:
    """A gateway with a portal beside it that knows sessions."""

    gateway: Gateway
    sessions: Sessions

    @property
    def http(self) -> httpx.AsyncClient:
        return self.gateway.http

    def sign_in(self, role: str, *, must_change_password: bool = False) -> dict[str, str]:
        """Begin a session; returns the headers of who holds it."""
        session_id = str(uuid4())
        admin = admin_pb2.Admin(id=str(uuid4()), role=role, must_change_password=must_change_password)
        admin.created_at.FromDatetime(datetime.now(UTC))
        self.sessions.live[session_id] = admin
        claims = {
            "aud": "admin",
            "sub": admin.id,
            "sid": session_id,
            "exp": datetime.now(UTC) + timedelta(minutes=15),
        }
        token = jwt.encode(claims, self.gateway.keyring.signing_keys("admin-session")[0], "HS256")
        return {"authorization": f"Bearer {token}"}

    def holder(self, headers: dict[str, str]) -> admin_pb2.Admin:
        """Who signed in, as portal knows them."""
        claims = jwt.decode(headers["authorization"][7:], options={"verify_signature": False})
        return self.sessions.live[claims["sid"]]


@asynccontextmanager
async def console_of(tmp_path: Path, env: str) -> AsyncIterator[Console]:
    sessions, server = Sessions(), Server("127.0.0.1:0")  # type: ignore[abstract] # the rest is UNIMPLEMENTED
    server.add(admin_pb2_grpc.add_AdminServiceServicer_to_server, sessions, "teachbase.portal.v1.AdminService")
    await server.start()
    async with running(tmp_path, f"127.0.0.1:{server.port}", env) as gateway:
        yield Console(gateway, sessions)
    await server.stop(0)


@pytest.fixture
async def console(tmp_path: Path) -> AsyncIterator[Console]:
    async with console_of(tmp_path, "dev") as console:
        yield console


@pytest.fixture
async def console_in_production(tmp_path: Path) -> AsyncIterator[Console]:
    async with console_of(tmp_path, "production") as console:
        yield console


@pytest.fixture
async def console_on_small_disk(small_disk: Path) -> AsyncIterator[Console]:
    async with console_of(small_disk, "dev") as console:
        yield console
