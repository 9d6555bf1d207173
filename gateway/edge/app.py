"""Composition root of the gateway."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from edge import errors, events_address, system
from edge.assets import Assets
from edge.auth import Guard
from edge.body_limit import BodyLimit
from edge.config import Settings
from edge.console import ConsolePage
from edge.drain import Drain
from edge.events_address import EventsAddress
from edge.intake import Intake
from edge.live import Live
from edge.pace import Pace
from edge.pages import PortalPage
from edge.routes import (
    admin_answers,
    admin_audit,
    admin_auth,
    admin_billing,
    admin_blackbox,
    admin_diagnosis,
    admin_logs,
    admin_messaging,
    admin_outbox,
    admin_portal_changes,
    admin_portal_parts,
    admin_portals,
    admin_queues,
    admin_replay,
    admin_spool,
    admin_system,
    admin_traces,
    admin_usage,
    admin_users,
    bitrix_events,
    bitrix_install,
    bitrix_pages,
    console,
    debug,
    health,
    portal_app,
    portal_curation,
    portal_knowledge,
)
from edge.rpc import Contexts
from edge.schemas import failure
from edge.shield import Shield
from edge.spool import Spool
from edge.staff import Staff
from edge.trace import TraceMiddleware
from kit.keyring import KeyRing


def build(settings: Settings, is_stopping: Callable[[], bool] = lambda: False) -> FastAPI:
    """Return the application; its lifespan drains the spool and holds the channels.

    `is_stopping`: whether the server waits for its answers to end.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.contexts = Contexts(settings)
        app.state.spool = Spool(settings.spool_dir)
        app.state.drain = Drain(app.state.contexts, app.state.spool)
        app.state.intake = Intake(app.state.contexts, app.state.spool, app.state.drain)
        app.state.pace = Pace()
        look = partial(system.seen, app.state.contexts, app.state.spool, app.state.drain)
        app.state.live = Live(look, is_stopping)
        app.state.portal_page = PortalPage.load(settings.ui_dir, settings.bitrix_js_url)
        app.state.console_page = ConsolePage.load(settings.ui_dir)
        app.state.guard = Guard(KeyRing(settings.secret_keys))
        app.state.staff = Staff(app.state.contexts)
        app.state.env = settings.env
        app.state.log_dir, app.state.loki_url = settings.log_dir, settings.loki_url
        drain = asyncio.create_task(app.state.intake.drain())
        yield
        drain.cancel()
        app.state.spool.close()
        await app.state.contexts.close()

    app = FastAPI(
        title="Teachbase AI",
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses=failure.DESCRIBED,
    )
    app.add_middleware(BodyLimit)
    app.add_middleware(EventsAddress)
    app.add_middleware(TraceMiddleware)
    app.add_middleware(Shield, https=settings.public_url.startswith("https://"))  # the last added is the outermost
    errors.install(app)
    for path, entry in (("/assets", "portal"), ("/admin/assets", "console")):
        assets = Assets(directory=settings.ui_dir / entry / "assets", check_dir=False)
        app.mount(path, GZipMiddleware(assets, minimum_size=1000))
    for module in (
        health,
        bitrix_events,
        bitrix_install,
        bitrix_pages,
        portal_app,
        portal_knowledge,
        portal_curation,
        admin_auth,
        admin_users,
        admin_audit,
        admin_portal_changes,
        admin_portals,
        admin_portal_parts,
        admin_diagnosis,
        admin_logs,
        admin_messaging,
        admin_answers,
        admin_billing,
        admin_usage,
        admin_replay,
        admin_blackbox,
        admin_outbox,
        admin_spool,
        admin_system,
        admin_queues,
        admin_traces,
        console,
        debug,
    ):
        app.include_router(module.router)
    events_address.describe(app)
    return app
