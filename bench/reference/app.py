"""The monolith's application: `uvicorn --factory bench.reference.app:build`."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from arq import create_pool
from arq.connections import ArqRedis, RedisSettings
from fastapi import Depends, FastAPI, Request
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from bench.events import PATH
from bench.reference import steps
from bench.reference.tables import Base

POOL = 20
"""Connections to Postgres. Measured with 64 requests at once: 10 or 40 are not faster."""


def build() -> FastAPI:
    """Return the application for BENCH_DSN (`postgresql://...`) and BENCH_REDIS_URL; it makes its own tables."""
    dsn = os.environ["BENCH_DSN"].replace("postgresql://", "postgresql+asyncpg://", 1)
    engine = create_async_engine(dsn, pool_size=POOL, max_overflow=0)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with engine.begin() as conn:
            await conn.run_sync(Base.metadata.create_all)
        app.state.sessions = async_sessionmaker(engine, expire_on_commit=False)
        app.state.queue = await create_pool(RedisSettings.from_dsn(os.environ["BENCH_REDIS_URL"]))
        yield
        await app.state.queue.aclose()
        await engine.dispose()

    app = FastAPI(lifespan=lifespan)
    app.post(PATH)(take_event)
    return app


async def _session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.sessions() as session:
        yield session


async def _queue(request: Request) -> ArqRedis:
    queue: ArqRedis = request.app.state.queue
    return queue


async def take_event(
    request: Request,
    session: Annotated[AsyncSession, Depends(_session)],
    queue: Annotated[ArqRedis, Depends(_queue)],
) -> dict[str, str]:
    """Take one event in."""
    arrival = steps.Arrival(
        method=request.method,
        path=request.url.path,
        content_type=request.headers.get("content-type", ""),
        headers=dict(request.headers),
        body=await request.body(),
        remote_ip=request.client.host if request.client else "",
    )
    async with request.form() as fields:
        form = steps.Form.read({name: value for name, value in fields.items() if isinstance(value, str)})
    inbound = await steps.store_inbound(session, arrival, form)
    portal = await steps.authenticate(session, inbound, form)
    if portal is not None:
        await steps.store_event(session, portal, inbound, form)
        dialog_id = await steps.touch_dialog(session, portal, form)
        message_id = await steps.store_message(session, portal, dialog_id, inbound, form)
        if message_id is not None:
            await queue.enqueue_job("answer", message_id, _queue_name="reference")
    return {"status": "ok", "trace_id": inbound.trace_id}
