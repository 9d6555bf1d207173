"""Composition root: builds what the two processes of this context run."""

from redis.asyncio import Redis

from bitrix import http
from bitrix.breaker import Breaker
from bitrix.client import BitrixClient
from bitrix.endpoint import EndpointPolicy
from bitrix.limiter import Budget, Limiter
from bitrix.oauth import OAuthServer
from bitrix.rest import Rest
from bitrix.shared import Shared
from kit import db
from kit.clock import utc_now
from kit.keyring import KeyRing
from portal.access import Accesses
from portal.accounts import Accounts
from portal.admins import Admins
from portal.adopt import ApplicationTokens
from portal.attempts import Attempts
from portal.authorize import Authorizations
from portal.bindings import Bindings
from portal.bot import Bots
from portal.clients.rest import PortalRest
from portal.config import Settings
from portal.daily_probe import DailyProbes
from portal.deletion import Deletions
from portal.departments import Departments
from portal.diagnose import Diagnoses
from portal.employees import Employees
from portal.endpoint import Endpoints
from portal.fetch import FetchedEvents
from portal.gather import Gatherer
from portal.idle import IdleTokens
from portal.install import Installs
from portal.life_cycle import LifeCycle
from portal.lost import LostRemovals
from portal.mend import Mender
from portal.open_session import PageSessions
from portal.operate import Operations
from portal.passwords import Passwords
from portal.portals import Portals
from portal.probes import Probes
from portal.register import Registrations
from portal.remove import Removals
from portal.rights import Rights
from portal.rotation import Rotation
from portal.sessions import AdminSessions, PortalSessions
from portal.settings import SettingsOfPortals
from portal.setup import Setup
from portal.tokens import Tokens
from portal.verify import FREE_FAILURES, Verifier


class App:
    """Everything that a process of this context holds; `close` lets it go."""

    def __init__(self, settings: Settings) -> None:
        keyring = KeyRing(settings.secret_keys)
        policy = EndpointPolicy(settings.dev_hosts)
        self.settings = settings
        self.engine = db.engine(settings.database_dsn, settings.database_pool)
        self.redis = Redis.from_url(settings.redis_url, socket_timeout=2, socket_connect_timeout=2)
        self.http = http.client(policy)
        oauth = OAuthServer(
            self.http,
            policy,
            settings.bitrix_oauth_url,
            settings.bitrix_client_id,
            settings.bitrix_client_secret,
        )
        self.tokens = Tokens(self.engine, keyring, oauth, utc_now)
        self.rotation = Rotation(self.engine, keyring)
        self.idle_tokens = IdleTokens(self.engine, self.tokens, utc_now)
        self.endpoints = Endpoints(self.engine, oauth, self.tokens, utc_now)
        shared = Shared(self.redis)
        client, limiter = BitrixClient(self.http, policy), Limiter(shared, Budget())
        breaker = Breaker(shared)
        rest = PortalRest(Rest(client, limiter, breaker), client, limiter, self.tokens, self.endpoints)
        self.bots = Bots(self.engine, rest, settings.public_url, utc_now)
        self.settings_of_portals = SettingsOfPortals(self.engine, self.bots, utc_now)
        self.setup = Setup(self.settings_of_portals, self.bots, rest, limiter, settings.public_url)
        self.departments = Departments(self.engine, rest, utc_now)
        self.accesses = Accesses(self.engine, self.departments, utc_now)
        self.fetched_events = FetchedEvents(rest, self.tokens)
        verifier = Verifier(oauth, Attempts(self.redis, "install", FREE_FAILURES, utc_now))
        rights = Rights(rest)
        self.application_tokens = ApplicationTokens(self.engine, verifier, rights, utc_now)
        sessions = PortalSessions(keyring, utc_now)
        self.page_sessions = PageSessions(self.engine, verifier, rights, self.tokens, sessions, utc_now)
        self.authorizations = Authorizations(self.engine, oauth, self.page_sessions, keyring, utc_now)
        self.employees = Employees(rest)
        self.installs = Installs(
            self.engine,
            verifier,
            rights,
            self.tokens,
            self.setup,
            self.accesses,
            sessions,
            utc_now,
        )
        self.deletions = Deletions(self.engine, keyring, utc_now)
        removals = Removals(self.deletions, utc_now)
        self.lost_removals = LostRemovals(self.engine, removals)
        self.registrations = Registrations(self.engine, self.bots, removals, utc_now)
        self.probes = Probes(self.engine, utc_now)
        self.life_cycle = LifeCycle(self.engine, self.installs, self.bots, rest, removals, self.probes, utc_now)
        look_at_payment = self.life_cycle.look_at_payment
        self.daily_probes = DailyProbes(self.engine, rest, self.probes, look_at_payment, utc_now)
        gatherer = Gatherer(
            Portals(self.engine),
            self.tokens,
            oauth,
            rest,
            breaker,
            self.probes,
            Bindings(settings.public_url),
            utc_now,
        )
        self.diagnoses = Diagnoses(gatherer)
        self.mender = Mender(
            self.engine,
            self.diagnoses,
            self.tokens,
            self.endpoints,
            breaker,
            self.setup,
            self.life_cycle,
            utc_now,
        )
        self.operations = Operations(self.engine, self.setup, utc_now)
        passwords = Passwords(self.redis, utc_now)
        self.admins = Admins(self.engine, passwords, AdminSessions(keyring, utc_now), utc_now)
        self.accounts = Accounts(self.engine, passwords, utc_now)

    async def close(self) -> None:
        """Close connections."""
        await self.http.aclose()
        await self.redis.aclose()
        await self.engine.dispose()
