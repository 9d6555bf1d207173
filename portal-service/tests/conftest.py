"""The portal context on a real database, asked over loopback, with Bitrix24 and its OAuth server simulated."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import grpc
import jwt
import pytest
from argon2 import PasswordHasher
from cryptography.fernet import Fernet
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from b24sim.testing import FakeClock, Sim, simulator
from bitrix import http
from bitrix.breaker import Breaker
from bitrix.client import BitrixClient
from bitrix.endpoint import EndpointPolicy
from bitrix.limiter import Budget, Limiter
from bitrix.oauth import OAuthServer
from bitrix.rest import Rest
from bitrix.shared import Shared
from kit import db, ids
from kit.changefeed import Waker
from kit.errors import PeerError
from kit.keyring import KeyRing
from kit.rpc import channel, peer_error
from kit.server import Server
from portal import changes
from portal.access import Accesses
from portal.accounts import Accounts
from portal.admins import Admins
from portal.adopt import ApplicationTokens
from portal.attempts import Attempts
from portal.authorize import Authorizations
from portal.bindings import Bindings
from portal.bot import Bots
from portal.changes import Changes
from portal.clients.rest import PortalRest
from portal.daily_probe import DailyProbes
from portal.deletion import Deletions
from portal.departments import Departments
from portal.diagnose import Diagnoses
from portal.employees import Employees
from portal.endpoint import Endpoints
from portal.fetch import FetchedEvents
from portal.gather import Gatherer
from portal.grpc_admin import AdminServicer
from portal.grpc_api import PortalServicer
from portal.grpc_diagnosis import DiagnosisServicer
from portal.grpc_settings import SettingsServicer
from portal.idle import IdleTokens
from portal.install import Installs
from portal.life_cycle import LifeCycle
from portal.mend import Mender
from portal.open_session import PageSessions
from portal.operate import Operations
from portal.passwords import Passwords
from portal.portals import Portals
from portal.probes import Probes
from portal.register import Registrations
from portal.remove import Removals
from portal.repository import admins as admin_statements
from portal.rights import Rights
from portal.sessions import AdminSessions, PortalSessions
from portal.settings import SettingsOfPortals
from portal.setup import Setup
from portal.tokens import Tokens
from portal.verify import FREE_FAILURES, Verifier
from teachbase.portal.v1 import (
    admin_pb2,
    admin_pb2_grpc,
    diagnosis_pb2_grpc,
    install_pb2,
    service_pb2_grpc,
    settings_pb2_grpc,
)
from teachbase.portal.v1 import portal_pb2 as pb

PASSWORD = "correct horse battery staple"
_quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
CLIENT_ID, CLIENT_SECRET = "app.local.teachbase", "local-secret"
PUBLIC_URL = "https://ai.example.test"


@dataclass
class Service:
    """The context as the gateway and delivery use it."""

    engine: AsyncEngine
    clock: Any
    sim: Sim
    oauth: OAuthServer
    stub: Any
    admin: Any
    settings: Any
    departments: Departments
    admins: Admins
    diagnosis: Any
    daily: DailyProbes
    breaker: Breaker
    bots: Bots
    idle: IdleTokens
    redis: Redis
    deletions: Deletions
    remote_ip: str
    secret_key: str = field(repr=False)
    """Of whoever installs and signs in, unless told otherwise; each test has its own."""

    async def claim(
        self, portal: dict[str, Any], user_id: int = 1, **changed: Any
    ) -> install_pb2.CompleteInstallRequest:
        """What the wizard page posts when a user opens it, with fresh tokens."""
        opened = await self.sim.control("POST", f"/portals/{portal['member_id']}/open", {"user_id": user_id})
        form = opened["form"]
        fields = {
            "access_token": form["AUTH_ID"],
            "refresh_token": form["REFRESH_ID"],
            "expires_in": int(form["AUTH_EXPIRES"]),
            "member_id": form["member_id"],
            "domain": portal["domain"],
            "application_token": form["APPLICATION_TOKEN"],
            "server_endpoint": form["SERVER_ENDPOINT"],
            "remote_ip": self.remote_ip,
        }
        return install_pb2.CompleteInstallRequest(**{**fields, **changed})

    async def install(self, portal: dict[str, Any], user_id: int = 1, **changed: Any) -> pb.Portal:
        """Install the app on a portal of the simulator."""
        answer: install_pb2.CompleteInstallResponse = await self.stub.CompleteInstall(
            await self.claim(portal, user_id, **changed)
        )
        return answer.portal

    async def execute(self, sql: str, **params: Any) -> None:
        async with self.engine.begin() as conn:
            await conn.execute(text(sql), params)

    async def rows(self, sql: str, **params: Any) -> list[Any]:
        async with self.engine.begin() as conn:
            return list((await conn.execute(text(sql), params)).all())


@pytest.fixture(scope="session")
async def sim() -> AsyncIterator[Sim]:
    async with simulator(FakeClock()) as sim:
        yield sim


@pytest.fixture(scope="session")
async def engine(dsns: dict[str, str]) -> AsyncIterator[AsyncEngine]:
    engine = db.engine(dsns["portal"], 20)
    yield engine
    await engine.dispose()


@pytest.fixture(scope="session")
async def waker(dsns: dict[str, str]) -> AsyncIterator[Waker]:
    waker = Waker(dsns["portal"], changes.TABLE)
    task = asyncio.create_task(waker.run())
    yield waker
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.fixture(scope="session")
async def pool(sim: Sim) -> AsyncIterator[tuple[http.Pool, EndpointPolicy]]:
    policy = EndpointPolicy([urlsplit(sim.url).netloc, "127.0.0.1:1"])
    client = http.client(policy)
    yield client, policy
    await client.aclose()


@pytest.fixture
async def service(
    engine: AsyncEngine,
    sim: Sim,
    pool: tuple[http.Pool, EndpointPolicy],
    waker: Waker,
    clock: Any,
    redis_url: str,
) -> AsyncIterator[Service]:
    secret_key = Fernet.generate_key().decode()
    keyring = KeyRing(secret_key)
    oauth = OAuthServer(*pool, sim.url, CLIENT_ID, CLIENT_SECRET)
    redis = Redis.from_url(redis_url)
    tokens = Tokens(engine, keyring, oauth, clock)
    client, limiter = BitrixClient(*pool), Limiter(Shared(redis), Budget(rate=1000, burst=1000))
    endpoints = Endpoints(engine, oauth, tokens, clock)
    breaker = Breaker(Shared(redis))
    rest = PortalRest(Rest(client, limiter, breaker), client, limiter, tokens, endpoints)
    bots, departments = Bots(engine, rest, PUBLIC_URL, clock), Departments(engine, rest, clock)
    accesses = Accesses(engine, departments, clock)
    verifier = Verifier(oauth, Attempts(redis, "install", FREE_FAILURES, clock))
    settings = SettingsOfPortals(engine, bots, clock)
    setup = Setup(settings, bots, rest, limiter, PUBLIC_URL)
    rights = Rights(rest)
    adopting = ApplicationTokens(engine, verifier, rights, clock)
    installs = Installs(engine, verifier, rights, tokens, setup, accesses, PortalSessions(keyring, clock), clock)
    operations = Operations(engine, setup, clock)
    deletions = Deletions(engine, keyring, clock)
    removals = Removals(deletions, clock)
    pages = PageSessions(engine, verifier, rights, tokens, PortalSessions(keyring, clock), clock)
    passwords = Passwords(redis, clock)
    admins = Admins(engine, passwords, AdminSessions(keyring, clock), clock)
    probes = Probes(engine, clock)
    life_cycle = LifeCycle(engine, installs, bots, rest, removals, probes, clock)
    gatherer = Gatherer(Portals(engine), tokens, oauth, rest, breaker, probes, Bindings(PUBLIC_URL), clock)
    diagnoses = Diagnoses(gatherer)
    mender = Mender(engine, diagnoses, tokens, endpoints, breaker, setup, life_cycle, clock)
    server = Server("127.0.0.1:0")
    server.add(
        service_pb2_grpc.add_PortalServiceServicer_to_server,
        PortalServicer(
            installs=installs,
            page_sessions=pages,
            authorizations=Authorizations(engine, oauth, pages, keyring, clock),
            employees=Employees(rest),
            accesses=accesses,
            setup=setup,
            portals=Portals(engine),
            operations=operations,
            registrations=Registrations(engine, bots, removals, clock),
            tokens=tokens,
            endpoints=endpoints,
            application_tokens=adopting,
            deletions=deletions,
            fetched_events=FetchedEvents(rest, tokens),
            life_cycle=life_cycle,
            changes=Changes(engine),
            waker=waker,
        ),
        "teachbase.portal.v1.PortalService",
    )
    server.add(
        settings_pb2_grpc.add_SettingsServiceServicer_to_server,
        SettingsServicer(settings, departments),
        "teachbase.portal.v1.SettingsService",
    )
    server.add(
        admin_pb2_grpc.add_AdminServiceServicer_to_server,
        AdminServicer(admins, Accounts(engine, passwords, clock), operations),
        "teachbase.portal.v1.AdminService",
    )
    server.add(
        diagnosis_pb2_grpc.add_DiagnosisServiceServicer_to_server,
        DiagnosisServicer(diagnoses, mender, probes),
        "teachbase.portal.v1.DiagnosisService",
    )
    await server.start()
    async with channel(f"127.0.0.1:{server.port}") as own:
        yield Service(
            engine=engine,
            clock=clock,
            sim=sim,
            oauth=oauth,
            stub=service_pb2_grpc.PortalServiceStub(own),
            admin=admin_pb2_grpc.AdminServiceStub(own),
            settings=settings_pb2_grpc.SettingsServiceStub(own),
            admins=admins,
            diagnosis=diagnosis_pb2_grpc.DiagnosisServiceStub(own),
            daily=DailyProbes(engine, rest, probes, life_cycle.look_at_payment, clock),
            breaker=breaker,
            bots=bots,
            departments=departments,
            deletions=deletions,
            redis=redis,
            idle=IdleTokens(engine, tokens, clock),
            remote_ip=uuid4().hex,
            secret_key=secret_key,
        )
    await redis.aclose()
    await server.stop(0)


class Staff:
    """The vendor's staff, as the gateway speaks for them."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.stub = service.admin
        self.admins = service.admins
        self.clock = service.clock
        self.rows = service.rows

    async def hire(self, role: str, password: str = PASSWORD) -> admin_pb2.Admin:
        """An account whose holder chose the password."""
        admin_id, email = ids.uuid7(), f"{uuid4().hex}@example.test"
        async with self._service.engine.begin() as conn:
            created = await admin_statements.create(
                conn, admin_id, email, _quick.hash(password), role, self.clock()
            )
        assert created
        return admin_pb2.Admin(id=str(admin_id), email=email, role=role)

    async def login(self, email: str, password: str = PASSWORD, remote_ip: str = "") -> admin_pb2.LoginResponse:
        request = admin_pb2.LoginRequest(
            email=email, password=password, remote_ip=remote_ip or self._service.remote_ip
        )
        answer: admin_pb2.LoginResponse = await self.stub.Login(request)
        return answer

    async def renew(self, token: str, remote_ip: str = "", request_id: str = "") -> admin_pb2.SessionTokens:
        request = admin_pb2.RefreshSessionRequest(refresh_token=token, remote_ip=remote_ip, request_id=request_id)
        tokens: admin_pb2.SessionTokens = (await self.stub.RefreshSession(request)).tokens
        return tokens

    async def holder(self, tokens: admin_pb2.SessionTokens) -> admin_pb2.Admin:
        """Who holds the session of an access token."""
        request = admin_pb2.GetSessionRequest(session_id=self.session_of(tokens))
        admin: admin_pb2.Admin = (await self.stub.GetSession(request)).admin
        return admin

    def claims(self, token: str) -> dict[str, Any]:
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
        return claims

    def session_of(self, tokens: admin_pb2.SessionTokens) -> str:
        return str(self.claims(tokens.access_token)["sid"])

    async def audit(self, **filters: Any) -> list[admin_pb2.AuditEntry]:
        found = await self.stub.ListAudit(admin_pb2.ListAuditRequest(page_size=200, **filters))
        return list(found.entries)

    async def refusal(self, call: Any) -> PeerError:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await call
        return peer_error("portal", failed.value)


@pytest.fixture
def staff(service: Service) -> Staff:
    return Staff(service)


@pytest.fixture
async def email(staff: Staff) -> str:
    """Of an owner."""
    return str((await staff.hire("owner")).email)
