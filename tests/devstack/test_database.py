"""Roles and schemas: what one context may see of another, and that the bootstrap can be repeated."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from devstack import bootstrap as job
from devstack.database import CONTEXTS, bootstrap
from devstack.postgres import embedded_postgres
from kit.config import SettingsError


@pytest_asyncio.fixture(scope="module")
async def admin_dsn(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    data_dir: Path = tmp_path_factory.mktemp("database") / "postgres"
    async with embedded_postgres(data_dir, 0, durable=False) as dsn:
        yield dsn


async def _run(dsn: str, *statements: str) -> object:
    session = await asyncpg.connect(dsn)
    try:
        for statement in statements[:-1]:
            await session.execute(statement)
        return await session.fetchval(statements[-1])
    finally:
        await session.close()


async def test_a_role_creates_in_its_own_schema_without_naming_it(admin_dsn: str) -> None:
    dsns = await bootstrap(admin_dsn, "secret")

    schema = await _run(
        dsns["billing"],
        "CREATE TABLE plans (code text)",
        "SELECT schemaname FROM pg_tables WHERE tablename = 'plans'",
    )

    assert list(dsns) == list(CONTEXTS)
    assert schema == "billing"


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM messaging.dialogs",
        "CREATE TABLE messaging.intruder (n int)",
        "CREATE TABLE public.intruder (n int)",
        "CREATE TABLE extensions.intruder (n int)",
        "CREATE SCHEMA intruder",
        "SET ROLE tb_messaging",
    ],
)
async def test_a_role_has_no_right_outside_its_schema(admin_dsn: str, statement: str) -> None:
    dsns = await bootstrap(admin_dsn, "secret")
    await _run(dsns["messaging"], "CREATE TABLE IF NOT EXISTS dialogs (n int)", "SELECT 1")

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await _run(dsns["portal"], statement)


async def test_a_role_finds_the_extensions(admin_dsn: str) -> None:
    dsns = await bootstrap(admin_dsn, "secret")

    value = await _run(
        dsns["messaging"],
        "CREATE TABLE chunks (body text)",
        "CREATE INDEX ON chunks USING gin (body gin_trgm_ops)",
        "SELECT similarity(unaccent('документы'), 'документ') > 0.5",
    )

    assert value is True


async def test_an_extension_found_in_public_is_moved_where_roles_see_it(admin_dsn: str) -> None:
    await bootstrap(admin_dsn, "secret")
    await _run(admin_dsn, "ALTER EXTENSION unaccent SET SCHEMA public", "SELECT 1")

    dsns = await bootstrap(admin_dsn, "secret")

    assert await _run(dsns["portal"], "SELECT unaccent('é')") == "e"


async def test_a_new_secret_changes_the_passwords(admin_dsn: str) -> None:
    before = await bootstrap(admin_dsn, "secret")
    after = await bootstrap(admin_dsn, "another")

    assert await _run(after["portal"], "SELECT current_user::text") == "tb_portal"
    with pytest.raises(asyncpg.InvalidPasswordError):
        await _run(before["portal"], "SELECT 1")


async def test_bootstraps_of_several_databases_of_one_server_may_run_at_once(admin_dsn: str) -> None:
    names = [f"parallel{number}" for number in range(4)]
    for name in names:
        await _run(admin_dsn, f"CREATE DATABASE {name}", "SELECT 1")
    admin_dsns = [admin_dsn.replace("/teachbase", f"/{name}") for name in names]

    results = await asyncio.gather(*(bootstrap(dsn, "secret") for dsn in admin_dsns * 3))

    for dsns in results:
        assert await _run(dsns["delivery"], "SELECT current_schema()::text") == "delivery"


async def test_the_job_gives_each_role_the_password_of_its_dsn(
    admin_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = admin_dsn.rpartition("@")[2]
    dsns = {context: f"postgresql://tb_{context}:it%27s-{context}@{host}" for context in CONTEXTS}
    for name, dsn in {"postgres": admin_dsn, **dsns}.items():
        (tmp_path / name).write_text(f"{dsn}\n")
        monkeypatch.setenv(f"TB_{name.upper()}_DSN_FILE", str(tmp_path / name))

    await asyncio.to_thread(job.main)

    for context, dsn in dsns.items():
        assert await _run(dsn, "SELECT current_schema()") == context


def test_the_job_refuses_another_role_s_dsn() -> None:
    mixed_up = job.Settings(
        postgres_dsn="",
        portal_dsn="postgresql://tb_billing:x@h/d",
        messaging_dsn="",
        delivery_dsn="",
        billing_dsn="",
    )

    with pytest.raises(SettingsError, match="TB_PORTAL_DSN"):
        job.passwords(mixed_up)
