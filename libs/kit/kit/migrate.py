"""Alembic for one service: its own migrations, its own version table, in its own schema.

The release before runs meanwhile. A statement that waits for a table's lock makes everybody behind it wait too, so
none waits longer than a moment: the migration steps back, lets the others through and tries again.

A schema that is ahead of the code is left as it is: a release that is rolled back runs on the schema of the next.
"""

import asyncio
import time
from pathlib import Path

import structlog
from alembic import command, context
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

LOCK_TIMEOUT_MS = 2_000
ATTEMPTS = 30
_PAUSE_S = 1.0
_log = structlog.get_logger()
_LOCK_NOT_AVAILABLE = "55P03"


def upgrade(folder: Path, schema: str, dsn: str, pause_s: float = _PAUSE_S) -> None:
    """Bring `schema` to the newest revision in `folder`. Raises DBAPIError, also when a lock is not to be had."""
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.attributes["schema"] = schema
    config.attributes["dsn"] = dsn
    for left in reversed(range(ATTEMPTS)):
        try:
            command.upgrade(config, "head")
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", "") != _LOCK_NOT_AVAILABLE or not left:
                raise
            time.sleep(pause_s)
        else:
            return


def run_env() -> None:
    """Run the migrations of the current Alembic context: the whole body of a service's `env.py`."""
    asyncio.run(_run(context.config.attributes["dsn"], context.config.attributes["schema"]))


async def _run(dsn: str, schema: str) -> None:
    engine = create_async_engine(
        dsn.replace("postgresql://", "postgresql+asyncpg://", 1),
        poolclass=NullPool,
        connect_args={"server_settings": {"lock_timeout": str(LOCK_TIMEOUT_MS)}},
    )
    async with engine.connect() as conn:
        await conn.run_sync(_migrate, schema)
        await conn.commit()
    await engine.dispose()


def _migrate(conn: Connection, schema: str) -> None:
    context.configure(
        connection=conn, version_table="alembic_version", version_table_schema=schema, transactional_ddl=True
    )
    if ahead := [one for one in context.get_context().get_current_heads() if not _is_known(context.script, one)]:
        _log.warning("the schema is of a newer release and is left as it is", schema=schema, revision=ahead[0])
        return
    with context.begin_transaction():
        context.run_migrations()


def _is_known(script: ScriptDirectory, revision: str) -> bool:
    try:
        return script.get_revision(revision) is not None
    except CommandError:
        return False
