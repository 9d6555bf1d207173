"""`python -m devstack restore FOLDER`: a backup into an empty stack that does not run (docs/backup.md)."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import asyncpg

from devstack import archive, database, run_dir
from devstack.database import CONTEXTS
from devstack.environment import storage_url
from devstack.errors import StackError
from devstack.output import say
from devstack.settings import Settings


async def restore(settings: Settings, folder: Path, environment: Mapping[str, str], *, force: bool) -> None:
    """Bring back what a backup holds, and prove by its sums that it is the same.

    Raises StackError: where a stack runs, where there is data already and no `force`, where the keys are others.
    """
    manifest = archive.Manifest.read(folder)
    with run_dir.locked(settings.run_dir):
        run_dir.prepare(settings.run_dir)
        keys = archive.keys_of(settings)
        if not {archive.fingerprint(key) for key in keys} & set(manifest.key_fingerprints):
            raise StackError("the backup's tokens are encrypted with other keys: set TB_SECRET_KEYS to those")
        async with archive.database(settings) as dsn:
            await _make_room(dsn, force=force)
            await database.bootstrap(dsn, keys[0])
            await _drop_schemas(dsn)  # empty ones now: the dump makes them
            once = ["--single-transaction", "--exit-on-error"]
            await archive.run("pg_restore", [*once, folder / archive.DUMP], dsn, settings)
            await _prove(dsn, manifest)
        source = (folder / archive.DOCUMENTS).as_uri()
        await asyncio.to_thread(archive.copy_documents, source, storage_url(settings, environment))
        await asyncio.to_thread(archive.copy_spool, folder / archive.SPOOL, settings.run_dir / "spool")
    say(f"restored {folder} of {manifest.made_at}: {len(manifest.tables)} tables, all sums equal")


async def _make_room(dsn: str, *, force: bool) -> None:
    session = await asyncpg.connect(dsn)
    try:
        taken = await session.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = ANY($1)", list(CONTEXTS))
    finally:
        await session.close()
    if taken and not force:
        raise StackError(f"there is a stack's data already ({taken} tables): FORCE=1 replaces it")
    if taken:
        await _drop_schemas(dsn)


async def _drop_schemas(dsn: str) -> None:
    session = await asyncpg.connect(dsn, server_settings={"client_min_messages": "warning"})
    try:
        for context in CONTEXTS:
            await session.execute(f"DROP SCHEMA IF EXISTS {context} CASCADE")
    finally:
        await session.close()


async def _prove(dsn: str, manifest: archive.Manifest) -> None:
    session = await asyncpg.connect(dsn)
    try:
        found = await archive.sums(session)
    finally:
        await session.close()
    different = sorted(
        name for name in manifest.tables.keys() | found.keys() if manifest.tables.get(name) != found.get(name)
    )
    if different:
        raise StackError(f"restored, but not the same as the backup: {', '.join(different)}")
