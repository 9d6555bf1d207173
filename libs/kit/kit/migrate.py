"""Alembic for one service: its own migrations, its own version table, in its own schema."""

import asyncio
from pathlib import Path

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool


def upgrade(folder: Path, schema: str, dsn: str) -> None:
    """Bring `schema` to the newest revision in `folder`."""
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.attributes["schema"] = schema
    config.attributes["dsn"] = dsn
    command.upgrade(config, "head")


def run_env() -> None:
    """Run the migrations of the current Alembic context: the whole body of a service's `env.py`."""
    asyncio.run(_run(context.config.attributes["dsn"], context.config.attributes["schema"]))


async def _run(dsn: str, schema: str) -> None:
    engine = create_async_engine(dsn.replace("postgresql://", "postgresql+asyncpg://", 1), poolclass=NullPool)
    async with engine.connect() as conn:
        await conn.run_sync(_migrate, schema)
        await conn.commit()
    await engine.dispose()


def _migrate(conn: Connection, schema: str) -> None:
    context.configure(
        connection=conn, version_table="alembic_version", version_table_schema=schema, transactional_ddl=True
    )
    with context.begin_transaction():
        context.run_migrations()
