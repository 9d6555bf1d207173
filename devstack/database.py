"""A role and a schema per context: the database, not discipline, keeps the contexts apart."""

import asyncio
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import TypeAlias
from urllib.parse import urlsplit, urlunsplit

import asyncpg

Session: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

CONTEXTS = ("portal", "messaging", "delivery", "billing")
EXTENSIONS = ("pg_trgm", "unaccent", "pg_stat_statements", "vector")
EXTENSION_SCHEMA = "extensions"
ATTEMPTS = 10  # roles belong to the whole cluster: two bootstraps of two databases may meet in one catalogue row

# What PostgreSQL says when two sessions change one role at the same time.
COLLISIONS = (
    asyncpg.UniqueViolationError,
    asyncpg.DuplicateObjectError,
    asyncpg.InternalServerError,  # "tuple concurrently updated"
    asyncpg.DeadlockDetectedError,
)


async def bootstrap(admin_dsn: str, secret: str, contexts: Sequence[str] = CONTEXTS) -> dict[str, str]:
    """Give each context its role and schema in the database of `admin_dsn`; safe to repeat.

    Role `tb_<context>` logs in with a password derived from `secret`, owns the schema `<context>`, sees the
    extensions (schema `extensions`, behind its own in the search path) and nothing else. Returns context ->
    DSN. `admin_dsn` must be a superuser's. Raises asyncpg.PostgresError or OSError when that fails.
    """
    await found(admin_dsn, {context: password(secret, _role(context)) for context in contexts})
    return {context: role_dsn(admin_dsn, secret, context) for context in contexts}


async def found(admin_dsn: str, passwords: Mapping[str, str]) -> None:
    """Do so for each context of `passwords`, whose role gets that password."""
    session = await asyncpg.connect(admin_dsn)
    try:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with session.transaction():
                    await _bootstrap(session, passwords)
                break
            except COLLISIONS:
                if attempt == ATTEMPTS:
                    raise
                await asyncio.sleep(0.05 * attempt)
    finally:
        await session.close()


def role_dsn(admin_dsn: str, secret: str, context: str) -> str:
    """The DSN of `tb_<context>` on the server and database of `admin_dsn`."""
    parts = urlsplit(admin_dsn)
    host = parts.netloc.rpartition("@")[2]
    role = _role(context)
    return urlunsplit(parts._replace(netloc=f"{role}:{password(secret, role)}@{host}"))


def password(secret: str, role: str) -> str:
    """The role's password: HMAC-SHA256 of its name under `secret`, as 64 hex digits."""
    return hmac.new(secret.encode(), role.encode(), hashlib.sha256).hexdigest()


def _role(context: str) -> str:
    return f"tb_{context}"


async def _bootstrap(session: Session, passwords: Mapping[str, str]) -> None:
    await session.execute("SET LOCAL client_min_messages = warning")  # no "already exists, skipping"
    await session.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    await _extensions(session)
    database = await session.fetchval("SELECT quote_ident(current_database())")
    for context, chosen in passwords.items():
        role, quoted = _role(context), await session.fetchval("SELECT quote_literal($1)", chosen)
        if not await session.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
            await session.execute(f"CREATE ROLE {role}")
        await session.execute(f"ALTER ROLE {role} LOGIN PASSWORD {quoted}")
        await session.execute(
            f"ALTER ROLE {role} IN DATABASE {database} SET search_path = {context}, {EXTENSION_SCHEMA}"
        )
        await session.execute(f"CREATE SCHEMA IF NOT EXISTS {context} AUTHORIZATION {role}")
        await session.execute(f"GRANT USAGE ON SCHEMA {EXTENSION_SCHEMA} TO {role}")


async def _extensions(session: Session) -> None:
    await session.execute(f"CREATE SCHEMA IF NOT EXISTS {EXTENSION_SCHEMA}")
    preloaded = await session.fetchval("SELECT current_setting('shared_preload_libraries')")
    for extension in EXTENSIONS:
        if extension == "pg_stat_statements" and extension not in preloaded:
            continue
        await session.execute(f"CREATE EXTENSION IF NOT EXISTS {extension} SCHEMA {EXTENSION_SCHEMA}")
        # Where an administrator had put it into public, the roles could not see it.
        await session.execute(f"ALTER EXTENSION {extension} SET SCHEMA {EXTENSION_SCHEMA}")
