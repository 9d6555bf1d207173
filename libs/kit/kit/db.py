"""Postgres: the engine, statements, and what an error of it says."""

import functools

import asyncpg
from sqlalchemy import TextClause, exc, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


def engine(dsn: str, pool_size: int, *, plans_once: bool = False) -> AsyncEngine:
    """Return an engine for `postgresql://...` that holds at most `pool_size` connections.

    `plans_once`: for who says the same few statements all day. Over tables of many partitions Postgres would plan
    each anew every time, which takes ten times what carrying it out does.
    """
    settings = {"jit": "off", **({"plan_cache_mode": "force_generic_plan"} if plans_once else {})}
    return create_async_engine(
        dsn.replace("postgresql://", "postgresql+asyncpg://", 1),
        pool_size=pool_size,
        max_overflow=0,
        pool_use_lifo=True,  # the connection used last has its statements prepared
        hide_parameters=True,  # they hold what people write
        pool_timeout=10,
        connect_args={"timeout": 5, "server_settings": settings},
    )


def at_once(engine: AsyncEngine) -> AsyncEngine:
    """Return the same engine for statements that stand alone: each is its own transaction, one round trip long."""
    return engine.execution_options(isolation_level="AUTOCOMMIT")


@functools.lru_cache(maxsize=1024)
def sql(statement: str) -> TextClause:
    """Return a statement to execute; each text is looked through for its parameters once, not at every call."""
    return text(statement)


def is_away(error: BaseException) -> bool:
    """Return whether an error says that the database cannot be reached now, not that a statement is wrong."""
    if is_bad_data(error):
        return False  # asyncpg counts a value that it cannot encode among the errors of the connection
    if isinstance(error, exc.DBAPIError) and error.orig is not None:
        cause = error.orig.__cause__ or error.orig
        return bool(error.connection_invalidated) or isinstance(cause, _AWAY)
    return isinstance(error, (*_AWAY, exc.TimeoutError))


def is_bad_data(error: BaseException) -> bool:
    """Return whether the database refused the very values of a statement, so that it always will.

    By SQLSTATE: 22 data, 23 integrity, 54000 too long for an index; and what the driver cannot encode.
    """
    if isinstance(error, exc.DBAPIError):
        source = error.orig.__cause__ if error.orig is not None and error.orig.__cause__ else error.orig
        state = str(getattr(source, "sqlstate", "") or "")
        return state[:2] in {"22", "23"} or state == "54000" or isinstance(source, ValueError)
    return isinstance(error, UnicodeError | ValueError)


def cause(error: BaseException) -> BaseException | None:
    """Return the error where its traceback tells something: not when the database is merely away."""
    return None if is_away(error) else error


_AWAY = (
    OSError,  # refused, reset, unreachable; TimeoutError is one
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
)
